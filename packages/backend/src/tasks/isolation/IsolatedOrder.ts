import { type AppConfig } from '@backend/config/AppConfig';
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
}

/** What the two ends ask each other for beside the forwarded members. */
export const ORDERS = {
  /** Child to worker: it listens. */
  up: 'up',
  /** Worker to child: the names of the tasks that the module lists. */
  names: 'names',
  /** Worker to child: run the attempt of an `IsolatedOrder`; the answer is what its `ok` carries. */
  run: 'run',
  /** Worker to child: abort the signal, with the copy of the reason. */
  abort: 'abort',
} as const;
