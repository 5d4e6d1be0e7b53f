import { describe, expect, it } from 'bun:test';
import { buildScenario } from './buildScenario';
import { mixedCase } from './mixedCase';
import { type FaultKind } from './Scenario';

const scenarios = Array.from({ length: 500 }, (_, seed) => buildScenario(mixedCase, seed));
const faults = scenarios.flatMap((scenario) => scenario.faults);
const loads = scenarios.flatMap((scenario) => scenario.loads);

const distinct = <T>(items: readonly T[]): readonly T[] => [...new Set(items)].toSorted();

describe('mixedCase', () => {
  it('has two to five faults', () => {
    expect(distinct(scenarios.map(({ faults: { length } }) => length))).toEqual([2, 3, 4, 5]);
  });

  it('has one to three workers, with one of several concurrencies', () => {
    expect(distinct(scenarios.map(({ workerCount }) => workerCount))).toEqual([1, 2, 3]);
    expect(distinct(scenarios.map(({ concurrency }) => concurrency)).length).toBeGreaterThan(1);
  });

  it('mixes every kind of fault that leaves the data in Redis and the network alive', () => {
    const kinds: readonly FaultKind[] = [
      'add-worker',
      'bad-network',
      'drop-locks',
      'kill-redis',
      'kill-worker',
      'load-slowly',
      'lose-reply',
      'out-of-memory',
      'read-only',
      'stop-worker',
      'suspend-redis',
      'suspend-worker',
    ];

    expect(distinct(faults.map(({ kind }) => kind))).toEqual([...kinds]);
  });

  it('strikes only workers that are there from the beginning', () => {
    const missing = scenarios.flatMap(({ workerCount, faults: own }) =>
      own.filter((fault) => 'worker' in fault && fault.worker >= workerCount),
    );

    expect(missing).toEqual([]);
  });

  it('starts every worker again that it ends', () => {
    const ended = faults.filter(({ kind }) => kind === 'kill-worker' || kind === 'stop-worker');

    expect(
      ended.filter((fault) => !('restartAfterMs' in fault) || fault.restartAfterMs === undefined),
    ).toEqual([]);
  });

  it('loses replies of every kind', () => {
    expect(distinct(faults.flatMap((fault) => ('of' in fault ? fault.of : [])))).toEqual([
      'add',
      'completion',
      'fetch',
    ]);
  });

  it('makes one to three loads, with few of the tasks that take long', () => {
    const long = loads.filter(({ behaviour }) => 'ms' in behaviour && behaviour.ms > 1000);

    expect(distinct(scenarios.map((scenario) => scenario.loads.length))).toEqual([1, 2, 3]);
    expect(distinct(long.map(({ count }) => count))).toEqual([1, 2, 3, 4]);
  });

  it('makes tasks that sleep, ignore their signal and fail, some of them put off', () => {
    expect(distinct(loads.map(({ behaviour }) => behaviour.kind))).toEqual([
      'fail',
      'ignore-signal',
      'sleep',
    ]);
    expect(distinct(loads.map(({ delayMs }) => delayMs !== undefined))).toEqual([false, true]);
  });

  it('asks no handler to fail as often as a task may be tried', () => {
    const allowed = loads.map(({ maxAttempts = 3 }) => maxAttempts);

    expect(
      loads.filter(
        ({ behaviour }, index) => 'times' in behaviour && behaviour.times >= (allowed[index] ?? 0),
      ),
    ).toEqual([]);
  });
});
