import Table from 'cli-table3';
import { toPriorityNumber } from '../domain/Priority';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { planAttempt, type TaskDefaults } from './AttemptPlan';

const HEAD = ['task', 'priority', 'attempts', 'backoff', 'timeout'];

const toRow = (task: TaskDefinition<unknown>, defaults: TaskDefaults): string[] => {
  const { maxAttempts, retry, timeoutMs } = planAttempt({
    task,
    overrides: {},
    defaults,
    attemptsMade: 0,
    crashCount: 0,
  });
  return [
    task.queueName,
    String(toPriorityNumber(task.options.priority ?? 'normal')),
    String(maxAttempts),
    `${retry.backoff} ${retry.stepsMs[0] ?? retry.initialDelayMs} ms`,
    `${timeoutMs} ms`,
  ];
};

/** Lays out the registered tasks and the rules they run by, as a worker prints them at its start. */
export const toTaskTable = (tasks: readonly TaskDefinition<unknown>[], defaults: TaskDefaults): string => {
  const table = new Table({ head: HEAD, style: { head: [], border: [] } });
  table.push(...tasks.map((task) => toRow(task, defaults)));
  return table.toString();
};
