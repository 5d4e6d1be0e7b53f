import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskAttempt } from '../ledger/LedgerHistory';
import { renderTrace } from './renderTrace';
import { type TracedTask } from './TaskTrace';

const correlationId = CorrelationId('order-7');
const now = new Date();

const sampleTask = (given: Partial<TaskRecord>, traced: Partial<TracedTask> = {}): TracedTask => ({
  task: {
    id: '1' as TaskId,
    name: 'mails:send',
    status: 'completed',
    payload: null,
    attempt: 1,
    maxAttempts: 3,
    crashCount: 0,
    scheduledAt: now,
    ...given,
  },
  attempts: [],
  children: [],
  ...traced,
});
const completed: TaskAttempt = { number: 1, endedAt: now, outcome: 'completed' };
const failed = (message: string): TaskAttempt => ({
  number: 1,
  endedAt: now,
  outcome: 'failed',
  error: { message, code: 'task-failed', attempt: 1 },
});
const linesOf = (roots: readonly TracedTask[]): string[] =>
  renderTrace({ correlationId, roots, taskCount: roots.length, isTruncated: false }).split('\n');

describe('renderTrace', () => {
  it('draws a tree', () => {
    const leaf = sampleTask({ id: '3' as TaskId, status: 'pending' });
    const middle = sampleTask({ id: '2' as TaskId }, { children: [leaf], attempts: [completed], runMs: 3 });
    const last = sampleTask({ id: '4' as TaskId, status: 'running' }, { waitMs: 0 });
    const root = sampleTask({ name: 'orders:pack' }, { children: [middle, last], waitMs: 12, runMs: 30 });
    const text = renderTrace({ correlationId, roots: [root, leaf], taskCount: 5, isTruncated: true });

    expect(text.split('\n')).toEqual([
      'order-7: 5 tasks, the oldest; there are more',
      '├─ orders:pack 1 completed, waited 12 ms, ran 30 ms',
      '│  ├─ mails:send 2 completed, ran 3 ms',
      '│  │  └─ mails:send 3 pending',
      '│  └─ mails:send 4 running, waited 0 ms',
      '└─ mails:send 3 pending',
    ]);
  });

  it('tells attempts, reasons and retries', () => {
    const tasks = [
      sampleTask(
        { status: 'failed' },
        { attempts: [{ ...failed('SMTP is down'), outcome: 'retry' }, failed('no')] },
      ),
      sampleTask({ status: 'cancelled', cancelReason: 'too late', retriedFrom: '0' as TaskId }),
    ];

    expect(linesOf(tasks).slice(1)).toEqual([
      '├─ mails:send 1 failed, 2 attempts: retry (SMTP is down), failed (no)',
      '└─ mails:send 1 cancelled, retries 0, reason: too late',
    ]);
  });

  it('keeps a message on its line, however long it is and whatever it has', () => {
    const [, line = ''] = linesOf([
      sampleTask({}, { attempts: [failed(`a\r\n\u001b[31mb\u2028${'é'.repeat(200)}`)] }),
    ]);

    expect(line).toBe(`└─ mails:send 1 completed, 1 attempt: failed (a [31mb ${'é'.repeat(112)}…)`);
  });

  it('says when there is nothing', () => {
    expect(linesOf([])).toEqual(['order-7: 0 tasks']);
    expect(linesOf([sampleTask({})])[0]).toBe('order-7: 1 task');
  });
});
