import { FILLER_PREFIX } from '../plan/BenchSettings';
import { type LogLine, type ProcessHistory, type Window } from './History';
import { lastLossMs } from './taskChecks';
import { type Check, type Violation } from './Violation';

export const checkStrayErrors: Check = (history) => {
  const asked = history.scenario.loads.some(({ behaviour }) => behaviour.kind === 'stray');
  const violate = (message: string): Violation => ({ invariant: 'stray-error', message });
  return [
    ...history.strayErrors.map((error) => violate(`in the scheduling process: ${error}`)),
    ...history.processes.flatMap((process) => [
      ...(asked
        ? []
        : process.lines
            .filter(({ message }) => message.startsWith(history.texts.strayError))
            .map(({ text }) => violate(text))),
      ...process.lines.filter(({ level }) => level === 'stderr').map(({ text }) => violate(text)),
      ...(process.endedAtMs !== undefined && !isAskedToEnd(process)
        ? [violate(`${process.name} ended by itself with ${process.exitCode}: ${lastLines(process)}`)]
        : []),
    ]),
  ];
};

const isAskedToEnd = ({ killedAtMs, stopRequestedAtMs }: ProcessHistory): boolean =>
  killedAtMs !== undefined || stopRequestedAtMs.length > 0;

const lastLines = ({ lines }: ProcessHistory): string =>
  lines
    .slice(-3)
    .map(({ text }) => text.slice(0, 300))
    .join(' | ');

/** Whether a process was asked after it had begun to listen. One that waits for Redis listens, and is never ready. */
const hears = ({ readyAtMs, startedAtMs }: ProcessHistory, requestedAtMs: number): boolean =>
  requestedAtMs >= Math.min(readyAtMs ?? Number.POSITIVE_INFINITY, startedAtMs + START_MS);

/** A process needs this long to start, which costs processor time; milliseconds. */
const START_MS = 2000;

/** What a stopping worker may need beyond its drain timeout, as docs/lifecycle.md promises; milliseconds. */
const STOP_MARGIN_MS = 2000;

export const checkStop: Check = ({ processes, bounds }) =>
  processes.flatMap((process): Violation[] => {
    const { stopRequestedAtMs, killedAtMs, endedAtMs, exitCode, name, suspensions } = process;
    const [requestedAtMs, secondRequest] = stopRequestedAtMs;
    // One that is suspended or killed meanwhile does not stop by itself, nor does one that has only just been started.
    if (
      requestedAtMs === undefined ||
      killedAtMs !== undefined ||
      !hears(process, requestedAtMs) ||
      suspensions.some(({ toMs }) => toMs > requestedAtMs)
    )
      return [];
    const boundMs = bounds.drainTimeoutMs + STOP_MARGIN_MS + bounds.noiseMs;
    const tookMs = (endedAtMs ?? Number.POSITIVE_INFINITY) - requestedAtMs;
    const expectedCodes = secondRequest === undefined ? [0] : [0, 1];
    if (tookMs <= boundMs && expectedCodes.includes(exitCode ?? -1)) return [];
    const message = `${name} expected to stop within ${boundMs} ms with ${expectedCodes.join(' or ')}, took ${Math.round(tookMs)} ms with ${exitCode}: ${lastLines(process)}`;
    return [{ invariant: 'stop', message }];
  });

const MAX_CPU_SHARE = 0.25;
const MAX_ERROR_LINES_PER_SECOND = 5;

/** Shorter outages say nothing of the processor time that lasts. Milliseconds. */
const MIN_OUTAGE_MS = 2500;

export const checkCalm: Check = ({ processes, outages, bounds }) =>
  processes.flatMap((process) =>
    outages.flatMap((outage): Violation[] => {
      const cpu = cpuShare(process, outage);
      // What a stopping worker says of each task it gives up is no sign of unrest.
      const toMs = Math.min(outage.toMs, ...process.stopRequestedAtMs);
      const errors = errorLinesPerSecond(process.lines, { ...outage, toMs });
      const allowed = MAX_CPU_SHARE + bounds.noiseMs / 10_000;
      return [
        ...(cpu > allowed
          ? [violateCalm(process, `${Math.round(cpu * 100)} % of a processor while Redis was away`)]
          : []),
        ...(errors > MAX_ERROR_LINES_PER_SECOND
          ? [violateCalm(process, `${errors} error lines in a second while Redis was away`)]
          : []),
      ];
    }),
  );

const violateCalm = ({ name, lines }: ProcessHistory, got: string): Violation => {
  const messages = new Set(lines.filter(isErrorLine).map(({ message }) => message));
  return { invariant: 'calm', message: `${name}: ${got}; it says ${[...messages].slice(0, 5).join(' | ')}` };
};

/** Share of one processor between the first and the last sample of a window; 0 when there are none. */
const cpuShare = ({ cpu, startedAtMs }: ProcessHistory, { fromMs, toMs }: Window): number => {
  const beginMs = Math.max(fromMs, startedAtMs + START_MS);
  const inside = cpu.filter(({ atMs }) => atMs >= beginMs && atMs <= toMs);
  const [first, last] = [inside[0], inside.at(-1)];
  if (first === undefined || last === undefined || last.atMs - first.atMs < MIN_OUTAGE_MS - 1000) return 0;
  return (last.cpuMs - first.cpuMs) / (last.atMs - first.atMs);
};

/** Lines that an attempt ends in: how many there are is the handlers' doing. */
const ATTEMPT_LINE = /^Task /;

const isErrorLine = ({ level, message }: LogLine): boolean =>
  (level === 'warn' || level === 'error') && !ATTEMPT_LINE.test(message);

/** The most error lines within any second of a window. */
const errorLinesPerSecond = (lines: readonly LogLine[], { fromMs, toMs }: Window): number => {
  const times = lines
    .filter(isErrorLine)
    .map(({ atMs }) => atMs ?? Number.NaN)
    .filter((atMs) => atMs >= fromMs && atMs <= toMs);
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
};

/** Keys that come and go by themselves. */
const PASSING = /:(stalled-check|marker|stalled|limiter)$/;

const isPassing = (key: string): boolean => PASSING.test(key) || key.startsWith(FILLER_PREFIX);

export const checkKeys: Check = ({ keys }) => {
  const extra = keys.after.filter((key) => !keys.before.includes(key) && !isPassing(key));
  if (extra.length === 0) return [];
  return [
    { invariant: 'keys', message: `${extra.length} keys are left over: ${extra.slice(0, 5).join(', ')}` },
  ];
};

export const checkCorrelation: Check = (history) => {
  const expected = new Map(
    history.calls.flatMap(({ acknowledgement, correlationId }) =>
      acknowledgement.kind === 'refused' || acknowledgement.taskId === undefined
        ? []
        : [[acknowledgement.taskId, correlationId] as const],
    ),
  );
  const lines = [...history.evidence, ...history.processes.flatMap((process) => process.lines)];
  return lines.flatMap((line): Violation[] => {
    const { taskId } = line;
    const wanted = taskId === undefined ? undefined : expected.get(taskId);
    if (wanted === undefined || line.correlationId === wanted) return [];
    const text = 'text' in line ? line.text.slice(0, 300) : JSON.stringify(line);
    return [{ invariant: 'correlation', message: `expected ${wanted} in ${text}`, taskId }];
  });
};

/** Clocks that differ by more are reported; milliseconds, as in redisHealth.ts. */
const REPORTED_SKEW_MS = 2000;

export const checkReported: Check = (history) => {
  const { scenario, processes, texts } = history;
  const lossMs = lastLossMs(history);
  const isAhead = (scenario.clockAheadMs ?? 0) > REPORTED_SKEW_MS;
  return processes.flatMap((process) => [
    ...(lossMs !== undefined && wasThere(process, lossMs) ? demand(process, texts.dataLoss) : []),
    ...(isAhead && process.readyAtMs !== undefined ? demand(process, texts.clocks) : []),
  ]);
};

/** Whether a worker took tasks before a moment, and had time to say something after it. */
const wasThere = (
  { readyAtMs = Number.POSITIVE_INFINITY, endedAtMs = Number.POSITIVE_INFINITY }: ProcessHistory,
  atMs: number,
): boolean => readyAtMs + REPORT_MS < atMs && endedAtMs > atMs + REPORT_MS;

/** A worker looks for lost data once in each stalled interval; milliseconds. */
const REPORT_MS = 2000;

const demand = ({ name, lines }: ProcessHistory, text: string): readonly Violation[] =>
  lines.some(({ message }) => message.startsWith(text))
    ? []
    : [{ invariant: 'reported', message: `${name} did not say "${text}"` }];
