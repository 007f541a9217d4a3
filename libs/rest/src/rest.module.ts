import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import type { RestOptions } from './options.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<RestOptions>({
  moduleName: 'Rest',
})
  .setClassMethodName('forRoot')
  .build();

/** Injection token of the {@link RestOptions} that `configureApp` goes by. */
export const REST_OPTIONS: string | symbol = MODULE_OPTIONS_TOKEN;

/**
 * Holds the HTTP options in the container, so that they can come from the app's configuration; `configureApp`
 * reads them from here.
 *
 * @example
 * RestModule.forRootAsync({ inject: [Config], useFactory: (config: Config) => config.rest });
 */
@Module({ exports: [MODULE_OPTIONS_TOKEN] })
export class RestModule extends ConfigurableModuleClass {}
