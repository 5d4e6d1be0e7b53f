import { describe, expect, it } from 'bun:test';
import {
  toCall,
  toEvidence,
  toFailedSnapshot,
  toFault,
  toHistory,
  toLedger,
  toLedgerTask,
  toLine,
  toProcess,
  toSnapshot,
} from './__fixtures__/historyFixture';
import { checkHistory } from './checkHistory';
import { type History } from './History';
import { type InvariantName } from './Violation';

const waiting = toSnapshot({ homes: ['wait'] });
const failed = toFailedSnapshot('exhausted');
const endedLate = toSnapshot({ finishedOnMs: 9000 });

/** A history for each invariant that breaks this one and no other. */
const broken: Record<InvariantName, Partial<History>> = {
  'one-end': { calls: [toCall(0, { settled: undefined, final: waiting })] },
  runs: { evidence: [...toEvidence(0), ...toEvidence(1), ...toEvidence(0, { run: 'again', fromMs: 2030 })] },
  cancelled: { calls: [toCall(0, { cancellation: { answer: 'cancelled', answeredAtMs: 2500 } })] },
  'failed-early': { calls: [toCall(0, { settled: failed, final: failed })] },
  answered: { calls: [toCall(0, { answeredAtMs: 6001 })], evidence: toEvidence(0, { fromMs: 6010 }) },
  early: { calls: [toCall(0, { delayMs: 1000 })] },
  late: {
    calls: [toCall(0, { settled: endedLate, final: endedLate })],
    evidence: toEvidence(0, { fromMs: 8000 }),
  },
  'late-run': { calls: [toCall(0, { settled: toSnapshot(), final: toSnapshot({ value: '2' }) })] },
  'stray-error': { strayErrors: ['oh'] },
  recorded: { ledger: toLedger([toLedgerTask(0), toLedgerTask(1), toLedgerTask(7)]) },
  'at-rest': { ledger: toLedger(undefined, 1) },
  'no-rerun': { ledger: toLedger([toLedgerTask(0), toLedgerTask(1, { completedAtMs: 2000 })]) },
  effects: {
    calls: [toCall(0, { payload: { call: 0, behaviour: { kind: 'transaction', ms: 150 } } })],
    ledger: toLedger([toLedgerTask(0)]),
    evidence: toEvidence(0),
  },
  'as-promised': { scenario: { ...toHistory().scenario, expects: { failsAs: 'crash-loop' } } },
  calm: {
    outages: [{ fromMs: 5000, toMs: 10_000 }],
    processes: [
      toProcess({
        cpu: [
          { atMs: 5000, cpuMs: 0 },
          { atMs: 10_000, cpuMs: 5000 },
        ],
      }),
    ],
  },
  keys: { keys: { before: [], after: ['{drover}:work:1'] } },
  correlation: { processes: [toProcess({ lines: [toLine({ taskId: 'task-0' })] })] },
  stop: { processes: [toProcess({ exitCode: 1 })] },
  reported: { faults: [toFault({ kind: 'flush', fromMs: 8000, toMs: 8000 })] },
};

describe('checkHistory', () => {
  it('finds nothing wrong with a history in which everything holds', () => {
    expect(checkHistory(toHistory())).toEqual([]);
    expect(checkHistory(toHistory({ ledger: toLedger() }))).toEqual([]);
  });

  it.each(Object.entries(broken))(
    'reports %s, and nothing else, when only that is broken',
    (name, overrides) => {
      expect(checkHistory(toHistory(overrides)).map(({ invariant }) => String(invariant))).toEqual([name]);
    },
  );

  it('reports everything that is broken, in the order of the invariants', () => {
    const history = toHistory({
      strayErrors: ['oh'],
      calls: [toCall(0, { settled: undefined, final: waiting })],
      ...broken.keys,
    });

    expect(checkHistory(history).map(({ invariant }) => invariant)).toEqual([
      'one-end',
      'stray-error',
      'keys',
    ]);
  });
});
