import { getAppConfig } from '@backend/config/AppConfig';
import { type TaskContext } from '@backend/tasks/domain/TaskContext';
import { defineTask, type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { TaskError } from '@backend/tasks/domain/TaskError';
import { createTaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { SecretsService } from '../SecretsService';
import { createSecretsRepository, secretsDirectory } from '../secretsRepository';

/** The schema of {@link CleanupPayload}. */
export const cleanupPayloadSchema = z.object({
  /** When the task was scheduled, milliseconds since 1970. */
  scheduledAt: z.number().int().nonnegative(),
  /** Whether the task schedules the next clean-up. Default: true. */
  repeat: z.boolean().optional(),
});

/** One link of the chain of clean-ups. */
export type CleanupPayload = Readonly<z.output<typeof cleanupPayloadSchema>>;

/** What a clean-up did. */
export interface CleanupOutput {
  readonly success: boolean;
  readonly deletedCount: number;
}

/** Milliseconds from one clean-up to the next: a day. */
export const cleanupIntervalMs = 24 * 60 * 60 * 1000;

/**
 * Deletes expired secrets and schedules itself for the next day.
 *
 * Such a chain hangs on one line. A clean-up that fails at every attempt before it schedules the next one ends the
 * chain for good, and nobody notices. One that has scheduled the next and then fails, or whose worker dies, runs
 * again and schedules another one: from then on there are two chains. And each call by hand starts one more. A recurring
 * schedule (docs/guides/recurring.md) has none of this; this task shows the chain, for what a schedule cannot say.
 */
export const cleanupExpiredSecretsTask: TaskDefinition<CleanupPayload, CleanupOutput> = defineTask({
  queueName: 'secrets:cleanup-expired',
  schema: cleanupPayloadSchema,
  handler: async ({ repeat = true }: CleanupPayload, ctx): Promise<Result<CleanupOutput, Error>> => {
    const deleted = await deleteExpiredSecrets(ctx);
    if (deleted.isErr()) return err(new TaskError(deleted.error.message, {}, { cause: deleted.error }));
    const deletedCount = deleted.value.length;
    ctx.logger.info('Cleanup complete', { deletedCount });
    // Last, so that nothing can fail after it and start a second chain.
    const next = repeat ? await scheduleNextCleanup(ctx) : ok();
    return next
      .map(() => ({ success: true, deletedCount }))
      .mapErr(
        (error) =>
          new TaskError(`the next clean-up is not scheduled: ${error.message}`, {}, { cause: error }),
      );
  },
});

const deleteExpiredSecrets = ({ logger, correlationId }: TaskContext) => {
  const appConfig = getAppConfig();
  const service = new SecretsService(createSecretsRepository(secretsDirectory(appConfig)), {
    logger,
    appConfig: () => appConfig,
  });
  return service.deleteExpired(new Date(), { correlationId });
};

const scheduleNextCleanup = ({ logger }: TaskContext) =>
  createTaskScheduler({ logger, appConfig: getAppConfig() }).schedule(
    CorrelationId(),
    cleanupExpiredSecretsTask,
    { scheduledAt: Date.now() },
    { delayMs: cleanupIntervalMs },
  );
