import { ConfigurableModuleBuilder } from '@nestjs/common';

/**
 * How `AuthModule` works.
 *
 * @example
 * const options: AuthModuleOptions = { operatorKey: config.ACCI_OPERATOR_KEY };
 */
export interface AuthModuleOptions {
  /**
   * A key of the platform operator's own choice, such as `openssl rand -hex 32` makes, instead of the one that is made
   * and printed at the first start. Every process gets the same. Another one at the next start replaces it.
   *
   * @throws {OperatorKeyWeak} at boot, if it has fewer than 32 characters or could be guessed.
   */
  readonly operatorKey?: string | undefined;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<AuthModuleOptions>()
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
