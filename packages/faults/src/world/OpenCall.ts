import { v4 } from 'uuid';
import { type Acknowledgement, type CallHistory } from '../check/History';
import { type Producer } from '../contestants/Contestant';
import { type Load } from '../plan/Scenario';
import { machineNowMs } from '../tasks/Evidence';

/** A call while it is being made. */
export interface OpenCall
  extends Omit<CallHistory, 'answeredAtMs' | 'acknowledgement' | 'cancellation' | 'settled' | 'final'> {
  answeredAtMs: number | undefined;
  acknowledgement: Acknowledgement | undefined;
  cancellation: CallHistory['cancellation'];
  settled: CallHistory['settled'];
  final: CallHistory['final'];
}

/** The id of a task that may be on the queue; undefined when the call was refused. */
export const taskIdOf = (answer: Acknowledgement | undefined): string | undefined =>
  answer === undefined || answer.kind === 'refused' ? undefined : answer.taskId;

/** What a call has come to by now. */
export const toCallHistory = ({ answeredAtMs, acknowledgement, ...call }: OpenCall): CallHistory => ({
  ...call,
  answeredAtMs: answeredAtMs ?? machineNowMs(),
  acknowledgement: acknowledgement ?? { kind: 'unknown', taskId: undefined, message: 'no answer' },
});

/** Makes the calls of all loads at their times; each is in `calls` from the moment it is made. */
export const makeAllCalls = async (
  loads: readonly Load[],
  producer: Producer,
  calls: OpenCall[],
): Promise<void> => {
  await Promise.all(numberLoads(loads).map((load) => makeCalls(load, producer, calls)));
};

type NumberedLoad = Load & { readonly firstCall: number };

const numberLoads = (loads: readonly Load[]): readonly NumberedLoad[] => {
  let firstCall = 0;
  return loads.map((load) => {
    const numbered = { ...load, firstCall };
    firstCall += load.count;
    return numbered;
  });
};

const makeCalls = async (load: NumberedLoad, producer: Producer, calls: OpenCall[]): Promise<void> => {
  await Bun.sleep(load.atMs);
  const answers: Promise<void>[] = [];
  const startedAtMs = performance.now();
  for (let index = 0; index < load.count; index += 1) {
    const dueMs = (load.spreadMs * index) / load.count - (performance.now() - startedAtMs);
    if (dueMs > 1) await Bun.sleep(dueMs);
    answers.push(makeCall(load, load.firstCall + index, producer, calls));
  }
  await Promise.all(answers);
};

const makeCall = async (
  { behaviour, delayMs = 0, maxAttempts = 3, backoffMs, cancelAfterMs }: Load,
  call: number,
  producer: Producer,
  calls: OpenCall[],
): Promise<void> => {
  // Each call its own value: handlers that are generated differ.
  const own = behaviour.kind === 'generated' ? { ...behaviour, seed: behaviour.seed + call } : behaviour;
  const payload = { call, behaviour: own };
  const correlationId = v4();
  const open: OpenCall = {
    ...{ call, correlationId, payload, maxAttempts, delayMs, calledAtMs: machineNowMs() },
    ...{ answeredAtMs: undefined, acknowledgement: undefined, cancellation: undefined },
    ...{ settled: undefined, final: undefined },
  };
  calls.push(open);
  open.acknowledgement = await producer.schedule({
    ...{ correlationId, payload, delayMs, maxAttempts },
    ...(backoffMs === undefined ? {} : { backoffMs }),
  });
  open.answeredAtMs = machineNowMs();
  const taskId = taskIdOf(open.acknowledgement);
  if (cancelAfterMs === undefined || taskId === undefined || producer.cancel === undefined) return;
  await Bun.sleep(cancelAfterMs);
  open.cancellation = await cancelUntilAnswered((id) => producer.cancel?.(id), taskId);
};

/** How long a cancellation that Redis does not answer is asked for again; milliseconds. */
const CANCEL_PATIENCE_MS = 10_000;

const cancelUntilAnswered = async (
  cancel: (taskId: string) => ReturnType<NonNullable<Producer['cancel']>> | undefined,
  taskId: string,
): Promise<CallHistory['cancellation']> => {
  const startedAtMs = performance.now();
  for (;;) {
    const answer = (await cancel(taskId)) ?? 'unknown';
    const answeredAtMs = machineNowMs();
    const isOver = performance.now() - startedAtMs > CANCEL_PATIENCE_MS;
    if (answer !== 'unknown' || isOver) return { answeredAtMs, answer };
    await Bun.sleep(100);
  }
};
