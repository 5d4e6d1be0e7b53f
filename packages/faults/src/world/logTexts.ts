import { STRAY_ERROR_MESSAGE } from '@backend/process/strayErrors';
import { CLOCK_PROBLEM } from '@backend/redis/redisHealth';
import { DATA_LOSS_MESSAGE } from '@backend/tasks/worker/DataLossWatch';
import { type LogTexts } from '../check/History';

/** What Drover's workers say, from where they say it: a line that is worded anew is still found. */
export const LOG_TEXTS: LogTexts = {
  strayError: STRAY_ERROR_MESSAGE,
  dataLoss: DATA_LOSS_MESSAGE,
  clocks: `Redis: ${CLOCK_PROBLEM}`,
};
