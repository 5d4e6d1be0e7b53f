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
  /** Used by the nudge if this call is the one that creates it. */
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** For each ledger, with which they live and die, one for each Redis and deadline. */
const nudges = new WeakMap<TaskLedger, Map<string, CommitNudge>>();

/** The nudge that everything in this process shares which has the same ledger and the same Redis. It holds no process. */
export const sharedCommitNudge = (parts: NudgeParts): CommitNudge => {
  const { ledger, appConfig } = parts;
  const ofLedger = nudges.get(ledger) ?? new Map<string, CommitNudge>();
  nudges.set(ledger, ofLedger);
  const key = JSON.stringify([appConfig.redisUrl, appConfig.scheduleDeadlineMs]);
  const nudge = ofLedger.get(key) ?? createCommitNudge(parts);
  ofLedger.set(key, nudge);
  return nudge;
};

const createCommitNudge = (parts: NudgeParts): CommitNudge => {
  const relay = createConfiguredRelay(parts);
  const commits = createCommitWatch({ outbox: parts.ledger.outbox, onCommitted: relay.nudge });
  parts.ledger.onClose(commits.stop);
  return {
    committed: (id) => relay.nudge([id]),
    watch: commits.watch,
  };
};
