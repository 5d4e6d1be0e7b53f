import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { probeRedis } from './probeRedis';

const RECORD_FILE = 'server.json';
const PROBE_TIMEOUT_MS = 3000;

const runningServerSchema = z.object({
  /** Process that was started: the server, or the container engine's client. */
  pid: z.number().int().positive(),
  /** Process id as the server reports it. */
  processId: z.number().int().positive(),
  port: z.number().int().positive(),
  version: z.string(),
  origin: z.string(),
  /** One file per process that uses it; see Watchdog.ts. */
  seatsFolder: z.string(),
});

/** The note a server leaves in its data folder, so that a second process joins it instead of spoiling its files. */
export type RunningServer = Readonly<z.infer<typeof runningServerSchema>>;

/** Notes that a server serves the folder. */
export const writeRunningServer = async (folder: string, running: RunningServer): Promise<void> => {
  await writeFile(join(folder, RECORD_FILE), JSON.stringify(runningServerSchema.parse(running)));
};

/** Reads the note and asks the server itself; undefined when there is none, or it no longer runs. */
export const findRunningServer = async (folder: string): Promise<RunningServer | undefined> => {
  const running = await readRecord(join(folder, RECORD_FILE));
  if (running === undefined) return undefined;
  const answer = await probeRedis({ port: running.port, timeoutMs: PROBE_TIMEOUT_MS });
  return answer?.processId === running.processId ? running : undefined;
};

const readRecord = async (file: string): Promise<RunningServer | undefined> => {
  try {
    return runningServerSchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    // No file, or one that a crash cut short: nothing runs that could be joined.
    return undefined;
  }
};
