import { ResourceToken } from '@backend/tasks/domain/ResourceToken';
import { defineResource } from '@backend/tasks/resources/ResourceDefinition';
import { type Mailer } from './Mailer';
import { closeMailers, sharedMailer } from './sharedMailer';

/** Finds the mailer of a worker: `ctx.resolve(mailerToken)`. */
export const mailerToken = ResourceToken<Mailer>('mailer');

/**
 * The mailer of a worker process, closed when its last task has ended, so that no connection to a mail server outlives
 * them. It is the one that `sendEmail` uses, so that handlers send with one and the same, also where a test calls them directly.
 */
export const mailerResource = defineResource({
  token: mailerToken,
  start: ({ appConfig }) => sharedMailer(appConfig),
  stop: closeMailers,
});
