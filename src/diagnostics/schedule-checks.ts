import { isValidCron } from 'cron-validator';
import { Site } from './site';

/** `Cron` takes every text: what Kubernetes does not understand would be refused when it is applied. */
export function checkSchedule(site: Site, expression: string): void {
  if (!isValidCron(expression, { alias: true, allowBlankDay: true })) {
    site.fail('InvalidSchedule', 'must be five fields: minute, hour, day, month, weekday', expression, 'Write Cron.schedule({ minute: \'30\', hour: \'2\' }), or one of its named schedules such as Cron.daily().');
  }
}

export function checkTimeZone(site: Site, name: string): void {
  if (!isTimeZone(name)) {
    site.fail('InvalidSchedule', 'must be a time zone', name, 'Write its name in the tz database: Europe/Berlin, or Etc/UTC.');
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Za-z]/.test(name) && name !== 'Local';
  } catch {
    return false;
  }
}
