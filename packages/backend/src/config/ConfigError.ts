import { AppError } from '@core/errors/AppError';

/** The environment does not make a valid configuration. The process should stop and show the message. */
export class ConfigError extends AppError {
  override readonly name = 'ConfigError';
  override readonly code = 'invalid-config';
  /** One sentence for each problem, all of them; the message holds them line by line. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'), { problems });
    this.problems = problems;
  }
}
