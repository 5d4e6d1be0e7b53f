import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { toDefinedScheduleId } from '../domain/ScheduleId';
import { describeTiming } from '../domain/ScheduleTiming';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type ScheduleSnapshot, type ScheduleStore } from '../queue/ScheduleStore';
import { type CheckedSchedule, checkRecurringCall, writeSchedule } from '../scheduler/RecurringCall';

interface ReconcileOptions {
  /** Every definition of the process; schedules of other tasks are left alone. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly store: Pick<ScheduleStore, 'readAll' | 'read' | 'write' | 'remove'>;
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  /** `missing`: adds what is not there, and changes nothing. */
  readonly scope: 'all' | 'missing';
}

/**
 * Makes the schedules that definitions declare what they declare: adds, changes and removes. A pause stays, and so does
 * the next run unless the timing changed. Rejects when Redis does not answer or refuses.
 */
export const reconcileSchedules = async ({
  tasks,
  store,
  appConfig,
  logger,
  scope,
}: ReconcileOptions): Promise<void> => {
  const { schedules } = await store.readAll();
  const existing = new Map(schedules.map((schedule) => [schedule.id, schedule]));
  for (const task of tasks) {
    const declared = toDeclared(task, { appConfig, logger });
    const found = existing.get(toDefinedScheduleId(task.queueName));
    if (declared !== undefined) {
      if (found !== undefined && (scope === 'missing' || isSame(found, declared))) continue;
      await keep(declared, { store, logger, isNew: found === undefined });
    } else if (
      task.options.recurring === undefined &&
      found?.stored.origin === 'definition' &&
      scope === 'all'
    ) {
      await store.remove(found.id);
      logger.info('A recurring schedule was removed: its definition declares none any more', {
        scheduleId: found.id,
      });
    }
  }
};

const toDeclared = (
  task: TaskDefinition<unknown>,
  { appConfig, logger }: Pick<ReconcileOptions, 'appConfig' | 'logger'>,
): CheckedSchedule | undefined => {
  const { recurring } = task.options;
  if (recurring === undefined) return undefined;
  const { payload = {}, missed = 'once', overlap = 'allow', ...timing } = recurring;
  const id = toDefinedScheduleId(task.queueName);
  const call = { task, payload, timing, options: { id, missed, overlap }, origin: 'definition' } as const;
  const checked = checkRecurringCall(call, appConfig);
  if (checked.isOk()) return checked.value;
  // Start-up has checked everything but the size, which depends on the configuration.
  logger.error('A definition declares a recurring schedule that is refused', checked.error, {
    scheduleId: id,
  });
  return undefined;
};

const isSame = ({ stored }: ScheduleSnapshot, declared: CheckedSchedule): boolean =>
  JSON.stringify(stored) === JSON.stringify(declared.stored);

const keep = async (
  declared: CheckedSchedule,
  { store, logger, isNew }: Pick<ReconcileOptions, 'store' | 'logger'> & { readonly isNew: boolean },
): Promise<void> => {
  const kept = await writeSchedule(store, declared);
  const facts = { scheduleId: declared.id, timing: describeTiming(declared.stored.timing) };
  if (kept.isErr()) {
    logger.error('A definition declares a recurring schedule that is refused', kept.error, facts);
  } else {
    logger.info(isNew ? 'A recurring schedule was added' : 'A recurring schedule was changed', facts);
  }
};
