import { type TaskRecord } from '../domain/TaskRecord';

type DateField = {
  [Field in keyof TaskRecord]-?: NonNullable<TaskRecord[Field]> extends Date ? Field : never;
}[keyof TaskRecord];

/** The compiler asks for an entry when a record gets another date. */
const DATE_FIELDS: Readonly<Record<DateField, true>> = {
  scheduledAt: true,
  dueAt: true,
  expiresAt: true,
  startedAt: true,
  endedAt: true,
  cancelRequestedAt: true,
};

const isDateField = (field: string): boolean => Object.hasOwn(DATE_FIELDS, field);

/** Makes the record again that another process sent as JSON: its dates are texts there. */
export const fromRecordCopy = (copy: unknown): TaskRecord => {
  const fields = Object.entries(Object(copy)).map(([field, value]) => [
    field,
    isDateField(field) ? new Date(String(value)) : value,
  ]);
  const record = Object.fromEntries(fields) as TaskRecord; // what the worker read
  if (record.steps === undefined) return record;
  return { ...record, steps: record.steps.map((step) => ({ ...step, endedAt: new Date(step.endedAt) })) };
};
