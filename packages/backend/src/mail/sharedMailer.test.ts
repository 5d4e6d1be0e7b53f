import { afterEach, describe, expect, it } from 'bun:test';
import { type MailConfig } from './createMailer';
import { closeMailers, sharedMailer } from './sharedMailer';

const config: MailConfig = {
  environment: 'test',
  mailFrom: 'no-reply@example.test',
  dataDir: '/tmp/drover-unused',
  smtpUrl: 'smtp://127.0.0.1:1',
};

describe('sharedMailer', () => {
  afterEach(closeMailers);

  it('is one for each configuration', () => {
    const mailer = sharedMailer(config);
    expect(sharedMailer({ ...config })).toBe(mailer);
    expect(sharedMailer({ ...config, smtpUrl: 'smtp://127.0.0.1:2' })).not.toBe(mailer);
  });

  it('is a new one after closeMailers', () => {
    const mailer = sharedMailer(config);
    closeMailers();
    expect(sharedMailer(config)).not.toBe(mailer);
  });
});
