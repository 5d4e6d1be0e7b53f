import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Job } from 'bullmq';
import { isEnvelope } from '../domain/TaskEnvelope';
import { type StepStore } from '../domain/TaskStep';
import { type HeldJobs } from './HeldJobs';
import { createJobSteps } from './JobSteps';

interface DeliveryStepsOptions {
  readonly job: Job;
  /** Deliveries with the same key are one run, whose newest lock is its own. */
  readonly runKey: string;
  readonly heldJobs: HeldJobs;
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly lockMs: number;
  /** Redis answers, but refuses for now. */
  onRefused(error: Error): void;
  /** A command failed for another reason. */
  onError(error: Error): void;
}

/** Creates the store of the steps of a job that BullMQ has handed to this process. */
export const createDeliverySteps = (options: DeliveryStepsOptions): StepStore => {
  const { job, runKey, heldJobs, queueKey } = options;
  const jobId = job.id ?? '';
  return createJobSteps({
    ...options,
    jobKey: `${queueKey}:${jobId}`,
    mayHaveSteps: wasDelivered(job) || hasStepsOfAnother(job),
    findLock: () => heldJobs.findLock(jobId, runKey),
    takenAtMs: job.processedOn ?? 0,
    now: Date.now,
  });
};

/** `ats` counts deliveries. A retry from the board resets it, but leaves the stack of the failure. */
const wasDelivered = ({ attemptsStarted, stacktrace }: Job): boolean =>
  attemptsStarted > 1 || (stacktrace ?? []).length > 0;

/** It does another task again, and was added with its steps. */
const hasStepsOfAnother = ({ data }: Job): boolean => isEnvelope(data) && data['stepsOf'] !== undefined;
