import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { createResourceSet } from '@backend/tasks/resources/ResourceSet';
import { mailerResource, mailerToken } from './mailerResource';
import { sharedMailer } from './sharedMailer';

describe('mailerResource', () => {
  it('is the mailer that sendEmail uses, until it is stopped', async () => {
    const appConfig = parseAppConfig({
      NODE_ENV: 'test',
      SMTP_URL: 'smtp://127.0.0.1:1',
    })._unsafeUnwrap();
    const definitions = [mailerResource];
    const set = createResourceSet({
      ...{ definitions, listed: definitions, container: undefined },
      ...{ logger: silentLogger, appConfig },
    });
    await set.start(new AbortController().signal);
    const mailer = set.resolve(mailerToken);
    expect(sharedMailer(appConfig)).toBe(mailer);

    await set.stop(1000);
    expect(sharedMailer(appConfig)).not.toBe(mailer);
  });
});
