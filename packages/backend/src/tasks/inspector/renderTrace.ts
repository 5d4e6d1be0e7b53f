import { type TaskAttempt } from '../ledger/LedgerHistory';
import { type TaskTrace, type TracedTask } from './TaskTrace';

/**
 * Writes a trace as a tree of lines for a terminal or a log: one line for each task with its status, wait, run and attempts.
 *
 * @example
 * 019b76da-a800-7000-8000-000000000001: 2 tasks
 * ├─ orders:pack 019b… completed, waited 12 ms, ran 30 ms
 * │  └─ mails:send 019b… failed, waited 2 ms, ran 41 ms, 2 attempts: retry (SMTP is down), failed (SMTP is down)
 */
export const renderTrace = ({ correlationId, roots, taskCount, isTruncated }: TaskTrace): string => {
  const count = taskCount === 1 ? '1 task' : `${taskCount} tasks`;
  const head = `${correlationId}: ${count}${isTruncated ? ', the oldest; there are more' : ''}`;
  return [head, ...renderTasks(roots, '')].join('\n');
};

const renderTasks = (tasks: readonly TracedTask[], indent: string): readonly string[] =>
  tasks.flatMap((traced, index) => {
    const isLast = index === tasks.length - 1;
    return [
      `${indent}${isLast ? '└─' : '├─'} ${toLine(traced)}`,
      ...renderTasks(traced.children, `${indent}${isLast ? '   ' : '│  '}`),
    ];
  });

const toLine = ({ task, waitMs, runMs, attempts }: TracedTask): string =>
  [
    `${task.name} ${task.id} ${task.status}`,
    ...(task.retriedFrom === undefined ? [] : [`retries ${task.retriedFrom}`]),
    ...(waitMs === undefined ? [] : [`waited ${waitMs} ms`]),
    ...(runMs === undefined ? [] : [`ran ${runMs} ms`]),
    ...(task.cancelReason === undefined ? [] : [`reason: ${toOneLine(task.cancelReason)}`]),
    ...(isPlain(attempts) ? [] : [toAttempts(attempts)]),
  ].join(', ');

/** A single attempt that completed is told by the status. */
const isPlain = (attempts: readonly TaskAttempt[]): boolean =>
  attempts.length === 0 || (attempts.length === 1 && attempts[0]?.outcome === 'completed');

const toAttempts = (attempts: readonly TaskAttempt[]): string => {
  const count = attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`;
  const outcomes = attempts.map(({ outcome, error }) =>
    error === undefined ? outcome : `${outcome} (${toOneLine(error.message)})`,
  );
  return `${count}: ${outcomes.join(', ')}`;
};

/** Characters of a message on a line. */
const MAX_LENGTH = 120;

/** A message may have lines of its own, and characters that a terminal obeys. */
const toOneLine = (message: string): string => {
  const line = message.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const characters = [...line];
  return characters.length <= MAX_LENGTH ? line : `${characters.slice(0, MAX_LENGTH).join('')}…`;
};
