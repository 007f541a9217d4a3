export { MailMalformed, MailNotSent, MailOptionsInvalid, MailRefused } from './mail.errors.js';
export { MailModule } from './mail.module.js';
export type { DirectoryOptions, MailModuleOptions, SmtpOptions } from './mail.options.js';
export type { Mail } from './mail.js';
export { Mailer } from './mailer.js';
export { defaultLayout, type LayoutValues, type MailLayout } from './template/layout.js';
export { defineMail, type MailTemplate, type MailValues, type MailWords } from './template/mail-template.js';
export { type MailFilling, MailTemplates } from './template/mail-templates.js';
