import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type TaskId } from '../domain/TaskId';
import { createCommitWatch } from './CommitWatch';
import { createConfiguredRelay } from './ConfiguredRelay';
import { type TaskLedger } from './TaskLedger';

/** Who puts the tasks of a transaction on their queues as soon as it is committed. */
export interface CommitNudge {
  /** The transaction of a task is committed. */
  committed(id: TaskId): void;
  /** A task is in a transaction that does not say when it is committed. */
  watch(id: TaskId): void;
}

interface NudgeParts {
  readonly ledger: TaskLedger;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** One for each ledger, with which it lives and dies. */
const nudges = new WeakMap<TaskLedger, CommitNudge>();

/** The nudge that everything in this process shares which has the same ledger. */
export const sharedCommitNudge = (parts: NudgeParts): CommitNudge => {
  const nudge = nudges.get(parts.ledger) ?? createCommitNudge(parts);
  nudges.set(parts.ledger, nudge);
  return nudge;
};

const createCommitNudge = (parts: NudgeParts): CommitNudge => {
  const relay = createConfiguredRelay(parts);
  const commits = createCommitWatch({ outbox: parts.ledger.outbox, onCommitted: relay.nudge });
  return {
    committed: (id) => relay.nudge([id]),
    watch: commits.watch,
  };
};
