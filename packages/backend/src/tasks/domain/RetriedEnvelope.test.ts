import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { toRetriedEnvelope } from './RetriedEnvelope';
import { bareEnvelope, parseEnvelope, type TaskEnvelope } from './TaskEnvelope';
import { TaskId } from './TaskId';

const task = { id: TaskId(), taskName: 'orders:pack', keepsSteps: false };

const envelope: TaskEnvelope = {
  v: 1,
  payload: { n: 7 },
  correlationId: CorrelationId('request-42'),
  parentId: TaskId(),
  userId: UserId(),
  metadata: { source: 'shop' },
  overrides: { maxAttempts: 5, timeoutMs: 10 },
  scheduleId: 'nightly',
};

describe('toRetriedEnvelope', () => {
  it('keeps everything the call asked for, and names the task that is done again', () => {
    expect(toRetriedEnvelope(envelope, task)).toEqual({ ...envelope, retriedFrom: task.id });
  });

  it('drops the expiry: a letter is retried late by its nature', () => {
    expect(toRetriedEnvelope({ ...envelope, expiresAtMs: 5 }, task)).toEqual({
      ...envelope,
      retriedFrom: task.id,
    });
  });

  it('forgets who waited for the old task: nobody waits for the new one', () => {
    const child = { ...envelope, parentId: task.id, ancestors: ['a:b'] };
    const { ancestors, parentId } = toRetriedEnvelope(child, task);

    expect([ancestors, parentId]).toEqual([undefined, task.id]);
  });

  it('names the last task of a chain', () => {
    expect(toRetriedEnvelope({ ...envelope, retriedFrom: TaskId() }, task)['retriedFrom']).toBe(task.id);
  });

  it('wraps the payload of a job without an envelope, under the correlation ID that its attempts had', () => {
    const { correlationId } = bareEnvelope({ n: 1 }, `orders:pack:${task.id}`);
    const wrapped = toRetriedEnvelope({ n: 1 }, task);

    expect(wrapped).toEqual({ v: 1, payload: { n: 1 }, correlationId, retriedFrom: task.id });
    expect(parseEnvelope(wrapped).isOk()).toBe(true);
  });

  it('leaves an id that is none of ours out: no worker would accept the envelope', () => {
    const foreign = { ...task, id: '17' as TaskId }; // as plain BullMQ numbers its jobs

    expect(parseEnvelope(toRetriedEnvelope({ n: 1 }, foreign)).isOk()).toBe(true);
    expect(toRetriedEnvelope({ n: 1 }, foreign)).not.toHaveProperty('retriedFrom');
  });

  it('keeps what a newer version wrote', () => {
    const newer = { v: 2, correlationId: 'c', shape: [1] };

    expect(toRetriedEnvelope(newer, task)).toEqual({ ...newer, retriedFrom: task.id });
  });

  it('names the first task of a chain, whose steps all of them go on with', () => {
    const keeping = { ...task, keepsSteps: true };
    const second = toRetriedEnvelope(envelope, keeping);
    const third = toRetriedEnvelope(second, { ...keeping, id: TaskId() });

    expect([second['stepsOf'], third['stepsOf']]).toEqual([task.id, task.id]);
    expect(toRetriedEnvelope({ n: 1 }, { ...keeping, id: '17' as TaskId })['stepsOf']).toBe('17');
    expect(parseEnvelope(third).isOk()).toBe(true);
  });

  it('names none when the steps are done again', () => {
    const second = toRetriedEnvelope(envelope, { ...task, keepsSteps: true });

    expect(toRetriedEnvelope(second, task)).not.toHaveProperty('stepsOf');
  });
});
