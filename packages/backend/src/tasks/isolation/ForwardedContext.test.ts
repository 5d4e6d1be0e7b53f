import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { emptyStepStore } from '../domain/emptyStepStore';
import { resolveFrom } from '../domain/ResourceToken';
import { toTaskContext } from '../domain/TaskContext';
import { answerForwarded, toCarriedContext, toChildContext, toChildLogger } from './ForwardedContext';

const findHandle = () => {
  throw new Error('no handle is asked for');
};
const noWork = () => Promise.resolve();
const getSteps = () => {
  throw new Error('no step is called');
};
const silentLink = {
  ask: () => Promise.resolve(),
  tell: () => undefined,
  receive: () => undefined,
  close: () => undefined,
};

describe('toChildContext', () => {
  it('has every part of the context it was made of', () => {
    const context = toTaskContext('emails:send', { metadata: { a: 1 } });
    const { signal } = new AbortController();
    const travelled = JSON.parse(JSON.stringify(toCarriedContext(context)));
    const child = toChildContext(travelled, silentLink, {
      signal,
      logger: toChildLogger(silentLink),
      resolve: resolveFrom([]),
      rules: { parent: { ...context, ancestors: [] }, limits: { taskMaxPayloadBytes: 100 } },
      completion: { dialect: undefined, checkOutput: ok },
      getSteps,
    });
    expect(Object.keys(child).sort()).toEqual(Object.keys(context).sort());
    expect(JSON.stringify(Object.entries(child).sort())).toBe(JSON.stringify(Object.entries(context).sort()));
    expect(child.scheduledAt).toEqual(context.scheduledAt);
    expect(child.signal).toBe(signal);
  });
});

describe('answerForwarded', () => {
  it.each(['signal', 'taskId', 'constructor', 'nothing'])(
    'refuses %s, which is no member a worker does',
    (member) => {
      const context = toTaskContext('emails:send');
      expect(() =>
        answerForwarded({ context, steps: emptyStepStore, tasks: [], findHandle }, member, [], noWork),
      ).toThrow(`an isolated attempt asked for ${member}, which a worker does not do`);
    },
  );
});
