import { type TaskId } from '../domain/TaskId';
import { type TaskSighting } from '../domain/TaskSighting';
import { type QueueAccess } from './QueueAccess';
import { isEnd, type QueueEvent, toToldEnd } from './QueueEvent';
import { readSightings, type Sightings } from './SightedTask';
import { type TaskWatcher, type Watching } from './TaskWatch';

/** The task that is watched. */
export interface WatchedTask {
  readonly id: TaskId;
  readonly taskName: string;
}

/** Watches the tasks of one queue. */
export interface QueueWatch {
  watch(id: TaskId, watcher: TaskWatcher): Watching;
  /** Takes events of the queue. Answers whether one of them is of a task that is watched. */
  hear(events: readonly QueueEvent[]): boolean;
  lookAtAll(): void;
  /** The key of the queue's events; unknown before the first look. */
  streamKey(): string | undefined;
  isIdle(): boolean;
  /** Tells every watcher that nothing more is to be learnt. */
  close(error: Error): void;
}

interface QueueWatchOptions {
  readonly taskName: string;
  readonly access: QueueAccess;
  /** The first look has found unfinished tasks; what happens after the given event is to be heard. */
  onFirstSight(streamKey: string, eventId: string): void;
}

/** A task that somebody watches, and what its events told by themselves, should it be deleted with its end. */
interface Entry {
  readonly watchers: Set<TaskWatcher>;
  progressJson?: string;
  end?: TaskSighting['end'];
  /** Looks in a row that have not found it. */
  missCount: number;
}

/** Tasks that one look takes in. */
const LOOK_COUNT = 200;

/** How long a Redis that is away is left alone between two looks; milliseconds. */
const SILENCE_MS = 250;

/** A task that was deleted with its end may be missed before its last events are heard: so often it is looked for again. */
const MAX_MISSES = 5;

/** Between two such looks; milliseconds. */
const MISS_MS = 100;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Creates the watch of one queue. */
export const createQueueWatch = ({ taskName, access, onFirstSight }: QueueWatchOptions): QueueWatch => {
  const entries = new Map<string, Entry>();
  const unseen = new Set<string>();
  let streamKey: string | undefined;
  let isHearing = false;
  let isLooking = false;

  const look = (ids: Iterable<string>): void => {
    for (const id of ids) unseen.add(id);
    if (isLooking || unseen.size === 0) return;
    isLooking = true;
    void lookOn();
  };

  const lookOn = async (): Promise<void> => {
    // Calls of the same moment are one look.
    await Promise.resolve();
    while (unseen.size > 0) {
      const ids = [...unseen].filter((id) => entries.has(id)).slice(0, LOOK_COUNT);
      if (ids.length === 0) {
        unseen.clear();
        break;
      }
      for (const id of ids) unseen.delete(id);
      const seen = await access.run(async ({ client, get }) => {
        const queue = get(taskName);
        streamKey = queue.toKey('events');
        return readSightings({ client, queue, ids });
      });
      if (seen.isErr()) {
        tellSilence(seen.error);
        for (const id of entries.keys()) unseen.add(id);
        await pause(SILENCE_MS);
      } else {
        tell(ids, seen.value);
      }
    }
    isLooking = false;
  };

  const tell = (ids: readonly string[], { eventId, tasks }: Sightings): void => {
    for (const [index, id] of ids.entries()) {
      const entry = entries.get(id);
      if (entry === undefined) continue;
      const sighting = tasks[index] ?? toToldSighting(entry);
      entry.missCount = sighting === undefined ? entry.missCount + 1 : 0;
      if (isHearing && entry.missCount > 0 && entry.missCount < MAX_MISSES) {
        setTimeout(() => look([id]), MISS_MS);
      } else {
        for (const watcher of [...entry.watchers]) watcher.onSighting(sighting);
      }
    }
    if (isHearing || entries.size === 0 || streamKey === undefined) return;
    isHearing = true;
    onFirstSight(streamKey, eventId);
  };

  const tellSilence = (error: Error): void => {
    for (const { watchers } of [...entries.values()]) {
      for (const watcher of [...watchers]) watcher.onSilence(error);
    }
  };

  return {
    watch: (id, watcher) => {
      const entry = entries.get(id) ?? { watchers: new Set(), missCount: 0 };
      entries.set(id, entry);
      entry.watchers.add(watcher);
      look([id]);
      return {
        look: () => look([id]),
        stop: () => {
          entry.watchers.delete(watcher);
          if (entry.watchers.size === 0 && entries.get(id) === entry) entries.delete(id);
        },
      };
    },
    hear: (events) => {
      const watched = events.filter(({ jobId }) => entries.has(jobId));
      for (const event of watched) note(entries.get(event.jobId), event);
      for (const { name, jobId } of watched) if (name === 'completed') tellValue(entries.get(jobId));
      look(watched.filter((event) => concerns(entries.get(event.jobId), event)).map(({ jobId }) => jobId));
      return watched.length > 0;
    },
    lookAtAll: () => look(entries.keys()),
    streamKey: () => streamKey,
    isIdle: () => entries.size === 0,
    close: (error) => {
      tellSilence(error);
      entries.clear();
      unseen.clear();
    },
  };
};

const note = (entry: Entry | undefined, event: QueueEvent): void => {
  if (entry === undefined) return;
  const progress = event.name === 'progress' ? event.fields.get('data') : undefined;
  if (progress !== undefined) entry.progressJson = progress;
  const end = toToldEnd(event);
  if (end !== undefined) entry.end = end;
};

/** A completed task stays completed, and its event has the value: who waits for nothing else needs no look. */
const tellValue = (entry: Entry | undefined): void => {
  if (entry === undefined) return;
  const sighting = toToldSighting(entry);
  for (const watcher of [...entry.watchers]) if (!watcher.isCurious) watcher.onSighting(sighting);
};

const concerns = (entry: Entry | undefined, event: QueueEvent): boolean =>
  isEnd(event) || [...(entry?.watchers ?? [])].some(({ isCurious }) => isCurious);

const toToldSighting = ({ progressJson, end }: Entry): TaskSighting | undefined =>
  end === undefined
    ? undefined
    : { status: end.kind, end, logCount: 0, ...(progressJson === undefined ? {} : { progressJson }) };
