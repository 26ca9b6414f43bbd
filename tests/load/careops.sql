-- The same 200 providers, 100,000 contacts and 1,000,000 bookings over two years as the peer's load.sql, in our tables.
-- Seats turn over in steps of 64 per provider, so that no two bookings of one seat overlap.
select setseed(0.42);
alter table bookings_booking drop constraint bookings_one_per_seat;
insert into bookings_provider(name, name_key, search_text, sector, phone, email, address, is_active, time_zone, capacity, slot_minutes,
  min_notice_minutes, horizon_days, cancel_notice_minutes, created_at, updated_at)
select 'Provider '||i, 'provider '||i, 'provider '||i||E'\nmedical', 'medical', '', 'p'||i||'@example.com', '', true, 'Europe/Berlin', 1, 15, 0, 365, 0, now(), now()
from generate_series(1, 200) i;
insert into messaging_contact(name, name_key, search_text, email, phone, notes, tags, time_zone, language, automation_paused, pause_reason,
  created_at, updated_at)
select 'Contact Person '||i, 'contact person '||i,
  'contact person '||i||E'\nc'||i||'@example.com'||E'\n+4915'||lpad(i::text, 6, '0'), 'c'||i||'@example.com', '+4915'||lpad(i::text, 6, '0'), '', '[]', '', '', false, '',
  now() - random() * interval '730 days', now() from generate_series(1, 100000) i;
insert into bookings_booking(provider_id, contact_id, service_type, scheduled_at, ends_at, busy_from, busy_until,
  duration_minutes, status, seat, notes, override_reason, cancel_reason, version, created_at, updated_at)
select p, c, (array['consultation','checkup','cleaning','therapy','follow_up'])[1+(i%5)], s, e, s, e, 15*(1+i%4),
  (array['pending','confirmed','confirmed','confirmed','completed','completed','completed','cancelled','no_show','confirmed'])[1+floor(random()*10)::int],
  row_number() over (partition by p order by s, i) % 64, 'Note '||i||' '||substr(repeat(md5(i::text), 3), 1, 70), '', '', 1,
  s - interval '10 days', s - interval '5 days'
from (select i, p, c, s, s + ((15*(1+i%4))||' minutes')::interval e from (
  select i, 1+floor(random()*200)::int p, 1+floor(random()*100000)::int c,
    date_trunc('minute', now() - interval '365 days' + random() * interval '730 days') s from generate_series(1, 1000000) i) x) y;
alter table bookings_booking add constraint bookings_one_per_seat exclude using gist (
  provider_id with =, seat with =, tstzrange(busy_from, busy_until) with &&)
  where (status in ('pending', 'confirmed', 'completed'));
insert into accounts_user(email, name, name_key, search_text, role, is_active, password, email_confirmed_at, created_at)
select 'u'||i||'@example.com', 'User '||i, 'user '||i, 'user '||i||E'\nu'||i||'@example.com', 'staff', true, '!', now(), now() from generate_series(1, 50) i;
insert into accounts_signin(id, user_id, refresh_jti, previous_jti, address, device, created_at, expires_at, revoked_why)
select gen_random_uuid(), id, 'none', '', '127.0.0.1', 'bench', now(), now() + interval '1 day', '' from accounts_user;
vacuum (analyze);
