import { describe, expect, it } from 'bun:test';
import { createSingleFlight } from './SingleFlight';

const setup = () => {
  const flights = createSingleFlight<string>();
  const works: PromiseWithResolvers<string>[] = [];
  const run = (key: string) =>
    flights.run(key, () => {
      const work = Promise.withResolvers<string>();
      works.push(work);
      return work.promise;
    });
  return { run, works };
};

const landing = (value: string, isLatest: boolean) => ({ value, isLatest, leave: expect.any(Function) });

describe('createSingleFlight', () => {
  it('runs the work of a key once, however many callers come, and the last one acts', async () => {
    const { run, works } = setup();
    const callers = [run('a'), run('a'), run('a')];
    works[0]?.resolve('done');

    expect(await Promise.all(callers)).toEqual([
      landing('done', false),
      landing('done', false),
      landing('done', true),
    ]);
    expect(works).toHaveLength(1);
  });

  it('keeps keys apart', async () => {
    const { run, works } = setup();
    const callers = [run('a'), run('b')];
    works[1]?.resolve('b');
    works[0]?.resolve('a');

    expect(await Promise.all(callers)).toEqual([landing('a', true), landing('b', true)]);
  });

  it('runs the work anew when the last run has ended and every caller has left', async () => {
    const { run, works } = setup();
    const callers = [run('a'), run('a')];
    works[0]?.resolve('first');
    for (const { leave } of await Promise.all(callers)) leave();
    const second = run('a');
    works[1]?.resolve('second');

    expect(await second).toEqual(landing('second', true));
  });

  it('gives who comes before the last caller has left the same value, to act on it', async () => {
    const { run, works } = setup();
    const early = run('a');
    works[0]?.resolve('done');
    const { leave } = await early;
    const late = await run('a');
    leave();
    leave();
    const later = await run('a');

    expect([late, later]).toEqual([landing('done', true), landing('done', true)]);
    expect(works).toHaveLength(1);
  });

  it('rejects for every caller and forgets the key when the work rejects', async () => {
    const { run, works } = setup();
    const callers = [run('a'), run('a')];
    works[0]?.reject(new Error('boom'));

    expect((await Promise.allSettled(callers)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    void run('a');
    expect(works).toHaveLength(2);
  });
});
