import { isEnvelope } from '@backend/tasks/domain/TaskEnvelope';

/** How many of a correlation ID's characters a title shows: its end, since ids made at the same time begin alike. */
const SHORT_ID_LENGTH = 8;

/** What the board knows of a job when it asks for its title. */
export interface TitledJob {
  readonly name: string;
  readonly data: unknown;
}

/** The title of a task on the board: its name and the end of its correlation ID. A plain job keeps its own name. */
export const toJobTitle = ({ name, data }: TitledJob): string => {
  if (!isEnvelope(data)) return name;
  return `${name} · ${String(data['correlationId']).slice(-SHORT_ID_LENGTH)}`;
};

/**
 * The data of a task as the board shows it: an envelope with the payload first, all fields kept, so that what is edited
 * or duplicated on the board still is an envelope. Data of a plain job is shown as it is.
 */
export const toShownData = (data: unknown): unknown => {
  if (!isEnvelope(data)) return data;
  const { payload, correlationId, userId, metadata, overrides, ...others } = data;
  const first = { payload, correlationId, userId, metadata, overrides };
  const present = Object.entries(first).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(present), ...others };
};
