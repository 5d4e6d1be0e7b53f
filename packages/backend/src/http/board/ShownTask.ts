import { isEnvelope } from '@backend/tasks/domain/TaskEnvelope';

/** Correlation IDs of at most so many characters, such as `order-4711`, are shown whole. */
const WHOLE_ID_LENGTH = 12;

/** How many of a longer correlation ID's characters a title shows: its end, since ids made at the same time begin alike. */
const SHORT_ID_LENGTH = 8;

/** What the board knows of a job when it asks for its title. */
export interface TitledJob {
  readonly name: string;
  readonly data: unknown;
}

/** The title of a task on the board: its name and the end of its correlation ID. A plain job keeps its own name. */
export const toJobTitle = ({ name, data }: TitledJob): string => {
  if (!isEnvelope(data)) return name;
  const correlationId = String(data['correlationId']);
  const shown =
    correlationId.length <= WHOLE_ID_LENGTH ? correlationId : correlationId.slice(-SHORT_ID_LENGTH);
  return `${name} · ${shown}`;
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
