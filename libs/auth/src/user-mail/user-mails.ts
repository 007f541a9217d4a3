import { defineMail } from '@acci/mail';

// None of them says anything that the receiver, or somebody who gave a stranger's address, has typed: our mails carry
// nobody's advertisement.

const ignore = {
  en: 'If you did not expect this mail, ignore it: nothing happens unless the link is used.',
  de: 'Wenn Sie diese Mail nicht erwartet haben, ignorieren Sie sie: Ohne den Link geschieht nichts.',
};
const alarm = {
  en: 'If that was not you, change your password and tell your administrator at once.',
  de: 'Wenn Sie das nicht waren, ändern Sie sofort Ihr Passwort und melden Sie es Ihrer Administration.',
};

/** Somebody was invited by an administrator. */
export const InvitationMail = defineMail<{ tenant: string; days: number }>({
  en: {
    subject: 'Your invitation to <%= it.tenant %>',
    paragraphs: [
      'You have been invited to <%= it.tenant %>.',
      'Choose a password to accept the invitation. The link works once, within <%= it.days %> days.',
    ],
    action: 'Accept the invitation',
    afterword: [ignore.en],
  },
  de: {
    subject: 'Ihre Einladung zu <%= it.tenant %>',
    paragraphs: [
      'Sie sind zu <%= it.tenant %> eingeladen.',
      'Wählen Sie ein Passwort, um die Einladung anzunehmen. Der Link gilt einmal und <%= it.days %> Tage lang.',
    ],
    action: 'Einladung annehmen',
    afterword: [ignore.de],
  },
});

/** Somebody registered with this address. */
export const RegistrationMail = defineMail<{ tenant: string; hours: number }>({
  en: {
    subject: 'Confirm your registration with <%= it.tenant %>',
    paragraphs: [
      'Somebody, probably you, has registered with <%= it.tenant %> under this address.',
      'Confirm that it is yours and choose a password. The link works once, within <%= it.hours %> hours.',
    ],
    action: 'Confirm the registration',
    afterword: [ignore.en],
  },
  de: {
    subject: 'Bestätigen Sie Ihre Registrierung bei <%= it.tenant %>',
    paragraphs: [
      'Jemand, vermutlich Sie, hat sich mit dieser Adresse bei <%= it.tenant %> registriert.',
      'Bestätigen Sie, dass sie Ihnen gehört, und wählen Sie ein Passwort. Der Link gilt einmal und <%= it.hours %> Stunden lang.',
    ],
    action: 'Registrierung bestätigen',
    afterword: [ignore.de],
  },
});

/** A user wants this address instead of the one that they have. */
export const EmailChangeMail = defineMail<{ tenant: string; hours: number }>({
  en: {
    subject: 'Confirm your new e-mail address for <%= it.tenant %>',
    paragraphs: [
      'A user of <%= it.tenant %> wants to use this e-mail address.',
      'If that is you, confirm that it is yours. The link works once, within <%= it.hours %> hours.',
    ],
    action: 'Confirm the address',
    afterword: [ignore.en],
  },
  de: {
    subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse für <%= it.tenant %>',
    paragraphs: [
      'Jemand möchte diese E-Mail-Adresse bei <%= it.tenant %> verwenden.',
      'Wenn Sie das sind, bestätigen Sie, dass sie Ihnen gehört. Der Link gilt einmal und <%= it.hours %> Stunden lang.',
    ],
    action: 'Adresse bestätigen',
    afterword: [ignore.de],
  },
});

/** A user forgot their password, or registered although they have an account. */
export const PasswordResetMail = defineMail<{ tenant: string; minutes: number }>({
  en: {
    subject: 'Choose a new password for <%= it.tenant %>',
    paragraphs: [
      'Somebody, probably you, wants to get into your account at <%= it.tenant %>.',
      'You have an account there already, with this address. If you have forgotten your password, choose a new one. The link works once, within <%= it.minutes %> minutes, and ends all of your sessions.',
    ],
    action: 'Choose a new password',
    afterword: [ignore.en],
  },
  de: {
    subject: 'Wählen Sie ein neues Passwort für <%= it.tenant %>',
    paragraphs: [
      'Jemand, vermutlich Sie, möchte in Ihr Konto bei <%= it.tenant %>.',
      'Sie haben dort bereits ein Konto mit dieser Adresse. Wenn Sie Ihr Passwort vergessen haben, wählen Sie ein neues. Der Link gilt einmal und <%= it.minutes %> Minuten lang, und er beendet alle Ihre Sitzungen.',
    ],
    action: 'Neues Passwort wählen',
    afterword: [ignore.de],
  },
});

/** A user's password is another one now. */
export const PasswordChangedMail = defineMail<{ tenant: string }>({
  en: {
    subject: 'Your password for <%= it.tenant %> was changed',
    paragraphs: ['The password of your account at <%= it.tenant %> was changed just now.', alarm.en],
  },
  de: {
    subject: 'Ihr Passwort für <%= it.tenant %> wurde geändert',
    paragraphs: ['Das Passwort Ihres Kontos bei <%= it.tenant %> wurde soeben geändert.', alarm.de],
  },
});

/** To the address that a user had until now. The new one is not named: this mailbox may have another owner. */
export const EmailChangedMail = defineMail<{ tenant: string }>({
  en: {
    subject: 'Your e-mail address for <%= it.tenant %> was changed',
    paragraphs: [
      'Your account at <%= it.tenant %> has another e-mail address now. This address gets no more mails about it.',
      alarm.en,
    ],
  },
  de: {
    subject: 'Ihre E-Mail-Adresse für <%= it.tenant %> wurde geändert',
    paragraphs: [
      'Ihr Konto bei <%= it.tenant %> hat jetzt eine andere E-Mail-Adresse. An diese Adresse gehen keine Mails mehr dazu.',
      alarm.de,
    ],
  },
});
