import { type Side } from '../Benchmark';
import { bullmqContestant } from './bullmqContestant';
import { type Contestant } from './Contestant';
import { droverContestant } from './droverContestant';

/** The two sides of every comparison. */
export const contestants: Readonly<Record<Side, Contestant>> = {
  drover: droverContestant,
  bullmq: bullmqContestant,
};
