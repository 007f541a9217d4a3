import { Module } from '@nestjs/common';
import { ConfigurableModuleClass } from './mail.options.js';
import { Mailer } from './mailer.js';
import { MailTemplates } from './template/mail-templates.js';

/**
 * Mail for the whole app: {@link Mailer} and {@link MailTemplates} can be injected everywhere.
 *
 * @throws {MailOptionsInvalid} at boot.
 * @example
 * @Module({ imports: [MailModule.forRoot({ from: 'Shop <shop@example.com>', transport: { smtp: config.smtpUrl } })] })
 * class AppModule {}
 */
@Module({ providers: [Mailer, MailTemplates], exports: [Mailer, MailTemplates] })
export class MailModule extends ConfigurableModuleClass {}
