import { type Random } from './Random';
import { type Scenario } from './Scenario';

/** One kind of trouble, and how a seed makes a scenario of it. */
export interface FaultCase {
  readonly name: string;
  /** What goes wrong, in words. */
  readonly summary: string;
  build(random: Random): Omit<Scenario, 'name' | 'seed'>;
}
