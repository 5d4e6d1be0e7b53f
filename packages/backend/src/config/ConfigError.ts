import { AppError } from '@core/errors/AppError';

/** The environment does not make a valid configuration. The process should stop and show the message. */
export class ConfigError extends AppError<'invalid-config'> {
  override readonly name = 'ConfigError';
  /** One sentence for each problem, all of them; the message holds them line by line. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'), { code: 'invalid-config', metadata: { problems } });
    this.problems = problems;
  }
}
