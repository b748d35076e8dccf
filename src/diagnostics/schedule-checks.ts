import { isValidCron } from 'cron-validator';
import { Site } from './site';

/** `Cron` takes every text: what Kubernetes does not understand would be refused when it is applied. */
export function checkSchedule(site: Site, expression: string): void {
  const [minute, hour] = expression.split(' ');
  if (minute === '*' && hour !== '*') {
    site.fail('InvalidSchedule', 'would run at every minute of the hour', expression, 'Say the minute: Cron.schedule({ minute: \'0\', hour: \'2\' }), or minute: \'*/1\' if that is meant.');
  }
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
    const known = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    // Kubernetes knows them by their letters' case too
    return /^[A-Za-z]/.test(name) && name !== 'Local' && (known === name || known.toLowerCase() !== name.toLowerCase());
  } catch {
    return false;
  }
}
