import { type Migration } from '@backend/database/Migration';
import { tasksMigration } from './001_tasks';

/** The ledger's tables, step by step: a step that was released is never changed, a new form is a new step. */
export const migrations: readonly Migration[] = Object.freeze([tasksMigration]);
