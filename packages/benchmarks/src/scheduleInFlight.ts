import { type Benchmark, type LedgerKind } from './Benchmark';
import { createPayload } from './contestants/BenchmarkPayload';
import { type CallOptions } from './contestants/Contestant';
import { defineScheduleBenchmark } from './scheduleBenchmark';

const IN_FLIGHT_COUNT = 100;

interface ScheduleInFlight {
  readonly name: string;
  readonly question: string;
  /** What the call with this number says besides its payload. Default: nothing. */
  toOptions?(index: number): CallOptions;
  /** Default: true. */
  readonly isPromised?: boolean;
  /** Default: `off`. */
  readonly ledger?: LedgerKind;
}

const defineInFlight = ({
  name,
  question,
  toOptions,
  isPromised = true,
  ledger = 'off',
}: ScheduleInFlight): Benchmark =>
  defineScheduleBenchmark({
    name,
    question,
    taskCount: 10_000,
    isPromised,
    ledger,
    scheduleAll: async (producer, taskCount) => {
      let next = 0;
      const call = async (): Promise<void> => {
        while (next < taskCount) {
          const index = next++;
          await producer.schedule(createPayload(index), toOptions?.(index));
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT_COUNT }, call));
    },
  });

/** How fast a busy service schedules. */
export const scheduleInFlight = defineInFlight({
  name: 'scheduleInFlight',
  question: `How fast are ${IN_FLIGHT_COUNT} callers that schedule one task after the other?`,
});

/** The same with a ledger: each task is written down durably before it is answered. */
export const scheduleWithLedger = (ledger: LedgerKind): Benchmark =>
  defineInFlight({
    name: `scheduleInFlight-${ledger}`,
    question: `How fast are ${IN_FLIGHT_COUNT} callers whose tasks are written to the ledger (${ledger}) first?`,
    isPromised: false,
    ledger,
  });

/** The same with tasks of all priorities. */
export const schedulePrioritised = defineInFlight({
  name: 'schedulePrioritised',
  question: `How fast are ${IN_FLIGHT_COUNT} callers whose tasks have all priorities?`,
  toOptions: (index) => ({ priority: index % 101 }),
});

/** The same with keys, each of which comes twice. */
export const scheduleDeduplicated = defineInFlight({
  name: 'scheduleDeduplicated',
  question: `How fast are ${IN_FLIGHT_COUNT} callers whose idempotency keys come twice each?`,
  // The plain side takes its keys as they come; ours are checked and hashed.
  isPromised: false,
  toOptions: (index) => ({ idempotencyKey: `order-${index >> 1}` }),
});
