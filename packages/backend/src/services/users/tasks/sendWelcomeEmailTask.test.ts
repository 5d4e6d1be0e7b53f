import { afterEach, describe, expect, it } from 'bun:test';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { closeMailers } from '@backend/mail/sharedMailer';
import { type SmtpRefusal, startLocalSmtpServer } from '@backend/mail/smtp/LocalSmtpServer';
import { setEnvironment } from '@backend/services/__mocks__/environment.mock';
import { TaskError } from '@backend/tasks/domain/TaskError';
import { TaskId } from '@backend/tasks/domain/TaskId';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { sendWelcomeEmailTask } from './sendWelcomeEmailTask';

const payload = { userId: UserId(), email: 'ada@example.test', name: 'Ada <3' };

const setup = async ({ refusal }: { readonly refusal?: SmtpRefusal } = {}) => {
  const directory = await createTemporaryDirectory();
  const server = await startLocalSmtpServer({ directory: directory.path, onRecipient: () => refusal });
  const environment = setEnvironment({ SMTP_URL: server.url, MAIL_FROM: 'Drover <no-reply@example.test>' });
  return {
    directory: directory.path,
    server,
    [Symbol.asyncDispose]: async () => {
      environment[Symbol.dispose]();
      closeMailers();
      await server.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
};

describe('sendWelcomeEmailTask', () => {
  afterEach(closeMailers);

  it('is what spec 000 registers', () => {
    const { queueName, options, problems } = sendWelcomeEmailTask;
    expect({ queueName, options, problems }).toEqual({
      queueName: 'users:send-welcome-email',
      options: { priority: 'high', maxAttempts: 3, backoffMs: 1000 },
      problems: [],
    });
  });

  it('sends a mail that carries task id and correlation ID, and says how long it took', async () => {
    await using bundle = await setup();
    const [taskId, correlationId] = [TaskId(), CorrelationId('request-1')];
    const result = await sendWelcomeEmailTask.handler(payload, { taskId, correlationId });
    const output = result._unsafeUnwrap();
    expect(output).toEqual({
      success: true,
      duration: expect.any(Number),
      messageId: `<${taskId}@example.test>`,
    });
    const content = await readFile(join(bundle.directory, `${taskId}@example.test.eml`), 'utf8');
    expect(content).toContain('X-Correlation-ID: request-1\r\n');
    expect(content).toContain('To: ada@example.test\r\n');
    expect(content).toContain('<p>Hello Ada &lt;3,</p>');
  });

  it('sends the same Message-ID at the second attempt', async () => {
    await using bundle = await setup();
    const taskId = TaskId();
    await sendWelcomeEmailTask.handler(payload, { taskId, attempt: 1 });
    await sendWelcomeEmailTask.handler(payload, { taskId, attempt: 2 });
    expect(bundle.server.deliveredCount()).toBe(2);
    expect(await readdir(bundle.directory)).toEqual([`${taskId}@example.test.eml`]);
  });

  it.each([
    [451, 'task-failed'],
    [550, 'fatal'],
  ] as const)('turns a reply of %i into the error code %s', async (responseCode, code) => {
    await using _bundle = await setup({ refusal: { responseCode, message: 'no' } });
    const error = (await sendWelcomeEmailTask.handler(payload))._unsafeUnwrapErr();
    expect(error).toBeInstanceOf(TaskError);
    expect(error).toMatchObject({ code, metadata: { responseCode } });
  });

  it('gives up when the attempt is aborted', async () => {
    await using bundle = await setup();
    const result = await sendWelcomeEmailTask.handler(payload, { signal: AbortSignal.abort() });
    expect(result._unsafeUnwrapErr()).toMatchObject({ metadata: { mailErrorCode: 'aborted' } });
    expect(bundle.server.deliveredCount()).toBe(0);
  });

  it('writes the mail to a file when no mail server is configured, and logs with a hand-built context', async () => {
    await using directory = await createTemporaryDirectory();
    using _environment = setEnvironment({ SMTP_URL: undefined, NODE_ENV: 'test', DATA_DIR: directory.path });
    const logger = getMockedLogger();
    const correlationId = CorrelationId();
    const result = await sendWelcomeEmailTask.handler(payload, {
      correlationId,
      logger,
      attempt: 1,
      maxAttempts: 3,
    });
    expect(result.isOk()).toBe(true);
    expect(logger.info).toHaveBeenCalledWith('Sending welcome email', {
      correlationId,
      email: payload.email,
    });
    expect((await readdir(join(directory.path, 'mail'))).length).toBe(1);
  });

  it('fails for good in production without SMTP_URL, and names it', async () => {
    await using directory = await createTemporaryDirectory();
    using _environment = setEnvironment({
      SMTP_URL: undefined,
      NODE_ENV: 'production',
      LEDGER_URL: 'off',
      DATA_DIR: directory.path,
    });
    const error = (await sendWelcomeEmailTask.handler(payload))._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'fatal', message: expect.stringContaining('SMTP_URL') });
  });
});
