import { ReactionsModule } from '@acci/projections';
import { Global, Module } from '@nestjs/common';
import { UserMailSubscription } from './user-mail.subscription.js';
import { UserMailer } from './user-mailer.js';

/**
 * Sends users their mails: invitations, links to confirm an address or to choose a new password, and notices of what
 * changed. It needs `AuthModule`, `MailModule` of `@acci/mail` and `ReactionsModule`, each set up with `forRoot`. An app
 * without it sends none, or its own, with links of {@link OneTimeLinks}.
 *
 * @example
 * @Module({ imports: [MailModule.forRoot({ from, transport }), AuthModule.forRoot({ publicUrl }), AuthMailModule] })
 * class AppModule {}
 */
@Global()
@Module({
  imports: [ReactionsModule.forFeature([UserMailSubscription])],
  providers: [UserMailer],
  exports: [UserMailer],
})
export class AuthMailModule {}
