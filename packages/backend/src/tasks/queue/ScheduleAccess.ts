import { err, ok, type Result } from 'neverthrow';
import { type QueueAccess } from './QueueAccess';
import { createScheduleStore, type ScheduleStore } from './ScheduleStore';

/** The schedules of a prefix as every process but a worker reaches them. */
export interface ScheduleAccess {
  /**
   * Runs steps on the schedules, each of which has the deadline of `QueueAccess.run`: after one that had no answer in time
   * none is sent. An error says what that method says.
   */
  run<T>(steps: (store: ScheduleStore) => Promise<T>): Promise<Result<T, Error>>;
}

/** Creates access to the schedules of a prefix. Free. */
export const createScheduleAccess = (access: QueueAccess, prefix: string): ScheduleAccess => {
  const step = async <T>(command: (store: ScheduleStore) => Promise<T>): Promise<T> => {
    const answer = await access.run((_queues, { client }) => command(createScheduleStore(client, prefix)));
    if (answer.isErr()) throw answer.error; // the way in which a store says so
    return answer.value;
  };
  const steps: ScheduleStore = {
    read: (id) => step((store) => store.read(id)),
    readAll: () => step((store) => store.readAll()),
    listIds: () => step((store) => store.listIds()),
    write: (write) => step((store) => store.write(write)),
    pause: (id) => step((store) => store.pause(id)),
    resume: (resume) => step((store) => store.resume(resume)),
    remove: (id) => step((store) => store.remove(id)),
    noteRun: (id) => step((store) => store.noteRun(id)),
  };
  return {
    run: async (command) => {
      try {
        return ok(await command(steps));
      } catch (error) {
        return err(error instanceof Error ? error : new Error(String(error)));
      }
    },
  };
};
