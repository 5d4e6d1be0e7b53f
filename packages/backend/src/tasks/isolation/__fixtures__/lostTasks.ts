import { type TaskDefinition } from '../../domain/TaskDefinition';
import { ordinaryTask } from './isolatedTasks';

/** A list that lacks the isolated tasks. */
export const tasks: TaskDefinition<unknown>[] = [ordinaryTask];
