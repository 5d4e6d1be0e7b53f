import { type AppConfig } from '@backend/config/AppConfig';
import { type Ancestors } from '../domain/TaskChildren';
import { type StepOwner } from '../domain/TaskStep';
import { type CarriedContext } from './ForwardedContext';

/** What a worker asks the process of an attempt to do. */
export interface IsolatedOrder {
  readonly taskName: string;
  /** As it was scheduled: the process checks it again, since what a schema makes of it may be no JSON. */
  readonly payload: unknown;
  readonly context: CarriedContext;
  readonly maxResultBytes: number;
  /** The worker's: resources are started with it. */
  readonly appConfig: AppConfig;
  readonly stepOwner: StepOwner;
  /** Who waits for the task, the outermost first. */
  readonly ancestors: Ancestors;
}

/** Milliseconds for the resources of a process to stop, together; each has its own `stopTimeoutMs` too. */
export const RESOURCES_STOP_MS = 5000;

/** What a process says of the module that lists the tasks. */
export interface TasksCheck {
  /** The names of all its tasks. */
  readonly names: readonly string[];
  /** Why the isolated tasks cannot have their resources, one sentence each. */
  readonly resourceProblems: readonly string[];
}

/** What the two ends ask each other for beside the forwarded members. */
export const ORDERS = {
  /** Child to worker: it listens. */
  up: 'up',
  /** Child to worker: it is about to start the resource of this name; it waits for the answer, since a start may block. */
  starting: 'starting',
  /** Child to worker: everything has started, and it is about to call the handler; it waits for the answer likewise. */
  begun: 'begun',
  /** Worker to child: a `TasksCheck` of the module, for the names of the isolated tasks. */
  check: 'check',
  /** Worker to child: run the attempt of an `IsolatedOrder`; the answer is what its `ok` carries. */
  run: 'run',
  /** Worker to child: stop the resources of the attempt; the answer comes when that is done, or has taken too long. */
  stop: 'stop',
  /** Worker to child: abort the signal, with the copy of the reason. */
  abort: 'abort',
} as const;
