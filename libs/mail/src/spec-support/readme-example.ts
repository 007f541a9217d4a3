import { defineMail, Mailer, MailModule, type MailModuleOptions, MailTemplates } from '@acci/mail';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';

export const InvoiceDue = defineMail<{ number: string; days: number }>({
  en: {
    subject: 'Invoice <%= it.number %> is due',
    paragraphs: ['Please pay invoice <%= it.number %> within <%= it.days %> days.'],
    action: 'See the invoice',
    afterword: ['You get this mail because you are a customer of ours.'],
  },
  de: {
    subject: 'Rechnung <%= it.number %> ist fällig',
    paragraphs: ['Bitte bezahlen Sie die Rechnung <%= it.number %> innert <%= it.days %> Tagen.'],
    action: 'Rechnung ansehen',
  },
});

@Injectable()
export class Reminders {
  constructor(
    private readonly mailer: Mailer,
    private readonly templates: MailTemplates,
  ) {}

  async remind(to: string, locale: string, number: string): Promise<void> {
    const link = `https://shop.example.com/invoices/${encodeURIComponent(number)}`;
    const values = { number, days: 10 };
    const words = this.templates.fill(InvoiceDue, { locale, sender: 'Acme Ltd', values, link });
    await this.mailer.send({ to, ...words, id: `invoice-${number}` });
  }
}

@Module({ providers: [Reminders] })
export class RemindersModule {
  static forRoot(transport: MailModuleOptions['transport']): DynamicModule {
    return {
      module: RemindersModule,
      imports: [MailModule.forRoot({ from: 'Shop <shop@example.com>', transport })],
    };
  }
}
