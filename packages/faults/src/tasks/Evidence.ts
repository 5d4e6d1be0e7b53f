import { appendFileSync } from 'node:fs';

/** The environment variable with the path of the evidence. */
export const EVIDENCE_FILE = 'FAULT_EVIDENCE_FILE';

/** One line that a handler left, outside of Redis and of every library. */
export interface Evidence {
  readonly event: 'start' | 'effect' | 'step' | 'kept' | 'committed' | 'end';
  /** Number of the call. */
  readonly call: number;
  readonly taskId: string;
  readonly attempt: number;
  readonly correlationId: string;
  readonly pid: number;
  /** Names this run: the same in all its lines. */
  readonly run: string;
  /** Milliseconds since 1970, by the machine's clock. */
  readonly atMs: number;
  /** With `step`, whose work begins, and `kept`, whose result is stored: the number of the step, from 0. */
  readonly step?: number;
}

/** What a run says of itself in every line. */
export type RunFacts = Omit<Evidence, 'event' | 'pid' | 'run' | 'atMs'>;

/** The machine's clock in milliseconds since 1970, also in a process whose `Date` is set wrong. */
export const machineNowMs = (): number => performance.timeOrigin + performance.now();

/** Writes one line in one write, so that the lines of several processes never mix. */
export const note = (event: Evidence['event'], run: string, facts: RunFacts): void => {
  const { [EVIDENCE_FILE]: path } = process.env;
  if (path === undefined) throw new Error(`expected ${EVIDENCE_FILE} to be set, got nothing`);
  const line: Evidence = { event, ...facts, pid: process.pid, run, atMs: machineNowMs() };
  appendFileSync(path, `${JSON.stringify(line)}\n`);
};

/** Reads the lines of a file; a last line that is cut short is left out. */
export const parseEvidence = (text: string): readonly Evidence[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Evidence); // written by note
