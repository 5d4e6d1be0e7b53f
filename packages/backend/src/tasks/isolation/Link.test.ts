import { describe, expect, it } from 'bun:test';
import { createLink, type Link, type LinkOptions } from './Link';

type Answer = LinkOptions['answer'];

/** Two ends whose messages travel as JSON. */
const setup = ({
  child = () => undefined,
  worker = () => undefined,
}: {
  child?: Answer;
  worker?: Answer;
}) => {
  const faults: unknown[] = [];
  const sent: object[] = [];
  const toEnd = (answer: Answer, other: () => Link): Link =>
    createLink({
      send: (message) => {
        const text = JSON.stringify(message);
        sent.push(JSON.parse(text));
        queueMicrotask(() => other().receive(JSON.parse(text)));
      },
      answer,
      onFault: (thrown) => faults.push(thrown),
    });
  const workerEnd: Link = toEnd(worker, () => childEnd);
  const childEnd: Link = toEnd(child, () => workerEnd);
  return { worker: workerEnd, child: childEnd, faults, sent };
};

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('createLink', () => {
  it('brings questions to the other end and answers back, each to its own', async () => {
    const { worker } = setup({ child: async (member, args) => ({ member, args }) });
    expect(await Promise.all([worker.ask('a', [1]), worker.ask('b', [])])).toEqual([
      { member: 'a', args: [1] },
      { member: 'b', args: [] },
    ]);
  });

  it('rejects with a copy of what the other end threw', async () => {
    const { worker } = setup({
      child: () => {
        throw new TypeError('no such page');
      },
    });
    await expect(worker.ask('a', [])).rejects.toMatchObject({ name: 'TypeError', message: 'no such page' });
  });

  it('lets the other end call what was given beside the arguments, while it answers', async () => {
    const { child } = setup({ worker: async (_member, [name], work) => `${name}: ${await work('key-1')}` });
    expect(await child.ask('step', ['charge'], async (key) => `charged as ${key}`)).toBe(
      'charge: charged as key-1',
    );
    await expect(child.ask('step', ['charge'], () => Promise.reject(new Error('declined')))).rejects.toThrow(
      'declined',
    );
    await expect(child.ask('step', ['charge'])).rejects.toThrow('nothing was given to be called');
  });

  it('refuses an answer that is no JSON, and a question', async () => {
    const { worker } = setup({ child: () => 1n });
    await expect(worker.ask('a', [])).rejects.toThrow(/BigInt/);
    await expect(worker.ask('a', [1n])).rejects.toThrow(/BigInt/);
  });

  it('reports what was told and could not be done', async () => {
    const { worker, faults } = setup({ child: () => Promise.reject(new Error('not here')) });
    worker.tell('a', []);
    await turn();
    expect(faults).toEqual([expect.objectContaining({ message: 'not here' })]);
  });

  it('that is closed leaves no question open', async () => {
    const { worker } = setup({ child: () => new Promise(() => undefined) });
    const open = worker.ask('a', []);
    worker.close(new Error('it is gone'));
    await expect(open).rejects.toThrow('it is gone');
    await expect(worker.ask('a', [])).rejects.toThrow('it is gone');
  });

  it('drops a second answer, and what is no message of a link', async () => {
    const { worker, sent, faults } = setup({ child: () => 'first' });
    const answer = worker.ask('a', []);
    await turn();
    for (const foreign of [
      { ...sent.at(-1), value: 'second' },
      'hello',
      undefined,
      { kind: 'answer', id: 1 },
    ]) {
      worker.receive(foreign);
    }
    expect(await answer).toBe('first');
    expect(faults).toEqual([]);
  });
});
