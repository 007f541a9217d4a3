export { MailServer, type MailServerOptions } from './testing/mail-server.js';
export { readMail, readMails, type ReceivedMail } from './testing/received-mail.js';
