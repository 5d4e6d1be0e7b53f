import { until } from '@backend/__fixtures__/until';
import { type TaskId } from '@backend/tasks/domain/TaskId';
import { type TaskRecord } from '@backend/tasks/domain/TaskRecord';
import { type TaskStatus } from '@backend/tasks/domain/TaskStatus';
import { toQueueName } from '@backend/tasks/queue/QueueName';
import { type RunningApp } from './RunningApp';

/** What Bull Board's API answers. */
export interface BoardAnswer {
  readonly status: number;
  /** Its shapes are not ours: each test names what it relies on. */
  readonly body: Record<string, unknown>;
}

/** Sends a request to Bull Board's API as its pages do, with the correlation ID `req-42`. */
export const sendToBoard = async (
  { app }: RunningApp,
  method: string,
  path: string,
  body?: unknown,
): Promise<BoardAnswer> => {
  const response = await app.request(`/board/api/queues${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', 'X-Correlation-ID': 'req-42' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
};

/** Where Bull Board's API has a task's queue, or one job of it. */
export const boardPathOf = (taskName: string, id?: string): string =>
  `/${encodeURIComponent(toQueueName(taskName))}${id === undefined ? '' : `/${id}`}`;

/** Waits until a task has a status. */
export const waitForStatus = async (
  { inspector }: RunningApp,
  id: TaskId,
  status: TaskStatus,
): Promise<TaskRecord> => {
  const read = async () => (await inspector.getTask(id))._unsafeUnwrap();
  await until(async () => (await read()).status === status);
  return read();
};
