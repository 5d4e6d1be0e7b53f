import { describe, expect, it } from 'bun:test';
import {
  toCall,
  toEvidence,
  toFault,
  toHistory,
  toLine,
  toProcess,
  toStderrLine,
} from '../check/__fixtures__/historyFixture';
import { type History } from '../check/History';
import { type Violation } from '../check/Violation';
import { renderFailure } from './renderFailure';

const violationOf = (taskId: string | undefined, message = 'no'): Violation => ({
  invariant: 'runs',
  message,
  taskId,
});

/** The lines of a report. */
const render = (overrides: Partial<History>, violations: readonly Violation[] = []): readonly string[] => {
  const descriptions = new Map([['task-0', '{"key":"work:task-0"}']]);
  return renderFailure({ history: toHistory(overrides), violations, descriptions }).split('\n');
};

describe('renderFailure', () => {
  it('tells scenario, violations, faults, the keys and lines of the task, and what the workers said', () => {
    const lines = [
      toLine({ atMs: 2030, taskId: 'task-0', text: 'run of task-0' }),
      toLine({ atMs: 2500, level: 'error', message: 'Redis is away' }),
    ];
    const overrides = { processes: [toProcess({ lines })], faults: [toFault()], calls: [toCall(0)] };

    expect(render(overrides, [violationOf('task-0', 'ran twice')])).toEqual([
      'scenario: {"name":"healthy","seed":1,"workerCount":1,"concurrency":5,"loads":[],"faults":[]}',
      '  runs: ran twice',
      'faults: [{"kind":"kill-redis","fromMs":50,"toMs":60}]',
      'task task-0: {"key":"work:task-0"}',
      '  20 ms: start in 100, attempt 1, run run-0',
      '  30 ms: worker-0: run of task-0',
      '  170 ms: end in 100, attempt 1, run run-0',
      'worker-0 (process 100): ready -1000 ms, ended 18500 ms with 0',
      '  30 ms: run of task-0',
      '  500 ms: Redis is away',
    ]);
  });

  it('prints a scenario that JSON reads again', () => {
    const [first = ''] = render({});

    expect(JSON.parse(first.replace('scenario: ', ''))).toEqual(toHistory().scenario);
  });

  it('shows eight violations and counts the others', () => {
    const violations = Array.from({ length: 10 }, (_, index) => violationOf(undefined, `no ${index}`));

    const shown = render({ processes: [] }, violations).filter((line) => line.startsWith('  '));

    expect(shown).toEqual([
      ...Array.from({ length: 8 }, (_, index) => `  runs: no ${index}`),
      '  ... and 2 more',
    ]);
  });

  it('counts no others when it shows all eight', () => {
    const violations = Array.from({ length: 8 }, () => violationOf(undefined));

    expect(render({}, violations).filter((line) => line.includes('more'))).toEqual([]);
  });

  it('tells of two tasks at most, each once, the first violations first', () => {
    const violations = ['task-1', undefined, 'task-1', 'task-0', 'task-2'].map((taskId) =>
      violationOf(taskId),
    );

    expect(render({}, violations).filter((line) => line.startsWith('task '))).toEqual([
      'task task-1: its keys were not read',
      'task task-0: {"key":"work:task-0"}',
    ]);
  });

  it('tells of a task its own lines only', () => {
    const lines = [toLine({ taskId: 'task-1', text: 'of the other' })];
    const evidence = [...toEvidence(0, { toMs: undefined }), ...toEvidence(1)];

    const report = render({ evidence, processes: [toProcess({ lines })] }, [violationOf('task-0')]);

    expect(report.slice(3, 6)).toEqual([
      'task task-0: {"key":"work:task-0"}',
      '  20 ms: start in 100, attempt 1, run run-0',
      'worker-0 (process 100): ready -1000 ms, ended 18500 ms with 0',
    ]);
  });

  it('says of a worker that it was never ready, or never ended', () => {
    const processes = [toProcess({ readyAtMs: undefined, endedAtMs: undefined, exitCode: null, lines: [] })];

    expect(render({ processes }).at(-1)).toBe('worker-0 (process 100): ready never, ended never with null');
  });

  it('shows the last fifteen lines of a worker, without those of tasks that completed', () => {
    const lines = Array.from({ length: 20 }, (_, index) => [
      toLine({ atMs: 2000 + index, text: `line ${index}` }),
      toLine({ message: 'Task completed' }),
    ]).flat();

    expect(render({ processes: [toProcess({ lines })] }).slice(3)).toEqual(
      Array.from({ length: 15 }, (_, index) => `  ${index + 5} ms: line ${index + 5}`),
    );
  });

  it('says stderr where a line of standard error has no time', () => {
    const lines = [toLine({ atMs: 2000, text: 'Redis is away' }), toStderrLine('panic')];

    expect(render({ processes: [toProcess({ lines })] }).slice(-2)).toEqual([
      '  0 ms: Redis is away',
      '  stderr: panic',
    ]);
  });

  it('cuts a line after 400 characters', () => {
    const lines = [toLine({ atMs: 2000, text: 'x'.repeat(1000) })];

    expect(render({ processes: [toProcess({ lines })] }).at(-1)).toBe(`  0 ms: ${'x'.repeat(400)}`);
  });
});
