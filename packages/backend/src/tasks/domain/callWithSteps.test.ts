import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { ok } from 'neverthrow';
import { createMemoryStepStore } from './__fixtures__/MemoryStepStore';
import { callWithSteps } from './callWithSteps';
import { createTaskSteps, type TaskSteps } from './TaskSteps';

const setup = () => {
  const store = createMemoryStepStore();
  let createdCount = 0;
  const create = () => {
    createdCount += 1;
    return createTaskSteps({
      store,
      logger: getMockedLogger(),
      maxResultBytes: 100,
      toKey: (name) => name,
      getSignal: () => new AbortController().signal,
      now: () => new Date(1000),
    });
  };
  return { store, create, createdCount: () => createdCount };
};

describe('callWithSteps', () => {
  it('makes no steps for a handler that calls none', async () => {
    const { create, createdCount } = setup();

    expect(await callWithSteps({ call: () => 7, create })).toBe(7);
    expect(createdCount()).toBe(0);
  });

  it('waits for the steps that the handler has begun', async () => {
    const { create, store } = setup();
    const call = (getSteps: () => TaskSteps) => {
      void getSteps().step('slow', () => Bun.sleep(1));
      return ok();
    };
    await callWithSteps({ call, create });

    expect(store.steps.map(({ name }) => name)).toEqual(['slow']);
  });

  it('refuses a first step that is called after the end of the handler', async () => {
    const { create, store } = setup();
    const given: (() => TaskSteps)[] = [];
    await callWithSteps({ call: (getSteps) => given.push(getSteps), create });

    expect(given[0]?.().step('late', () => 1)).rejects.toMatchObject({
      code: 'fatal',
      message: `expected the step "late" while its handler runs, got it after the handler's end`,
    });
    expect(store.steps).toEqual([]);
  });
});
