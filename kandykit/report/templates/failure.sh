# --- how it is played ---------------------------------------------------------------------------------------------

set -u
umask 077
work=$(mktemp -d) || exit 2
verdict=2           # also where this script itself breaks off
trap 'rm -rf "$work"; exit "$verdict"' EXIT
trap 'trap "" INT TERM; could_not_tell interrupted' INT TERM
BASE_URL=${BASE_URL%/}
case $BASE_URL in
  http://*|https://*) ;;
  *) echo "Could not tell: KANDY_BASE_URL is no http URL"; exit 2 ;;
esac
rest=${BASE_URL#*://}
ORIGIN=${BASE_URL%%://*}://${rest%%/*}
TOKEN_PLACE=${TOKEN_URL%%\?*}
round=0
told=               # what was found to be wrong, where it is told by numbers
now=$work/call      # the files of the answer at hand: .status .headers .body .code
number=0            # the call at hand, counted from 1
difference=         # the first trait that was not as recorded
on_state=           # whether the trait at hand rests on what went before the recorded calls
unsure=             # the total at the beginning, where only it can tell what the calls did
unsure_others=      # the same of other accounts, one a line: ACCOUNT TOTAL
life=               # of the last token, in seconds
last_quota=         # quota-used of the call before
quota_path=         # fallen, same or both, where quota-used was seen not to rise
net=0               # products ordered in this play, less those given back
orders=             # numbers of the orders that this play placed, one a line
alive=              # identities that this play created and did not delete, one a line
others=             # the same of other accounts, one a line: ACCOUNT order PRODUCTS, ACCOUNT subscriber IDENTITY
acting=1            # the account that the script's own calls are for
aging=              # set while a play begins with what the account had gone through
last_difference=    # of the play before
aging_until=0       # after so many seconds of the script it takes too long
not_aged=           # why that was not done
used_up=            # set where the call quota was used up on purpose
not_used_up=        # why it was not
own_url=            # where the last of the script's own calls went

could_not_tell() {
  echo
  if [ -n "$aging" ]; then echo "This could not be played so: $*"; else echo "Could not tell: $*"; fi
  clean_up
  exit 2
}
still_there() { # EXPECTED RECORDED
  echo
  if [ -n "$told" ]; then echo "Still there: $told."; else echo "Still there: every answer came as it was recorded."; fi
  echo "Expected: $1"
  echo "Recorded: $2"
  verdict=1
  exit
}
gone() { echo; echo "Gone: $difference."; verdict=0; exit; }

local_target() { case $ORIGIN in *//127.*|*//localhost*|*//\[::1\]*) return 0 ;; *) return 1 ;; esac; }

# say TEXT: only in the first play; the others are the same calls again.
say() { [ "$round" -gt 1 ] || printf '%s\n' "$1"; }

# shown TEXT: text of an answer without its secrets, made harmless for a terminal, and cut.
shown() {
  printf '%s' "$1" |
    LC_ALL=C sed -E "s/(\"(${password:-password}|access_token|refresh_token|client_secret)\"[[:space:]]*:[[:space:]]*\")[^\"]*/\\1***/g" |
    LC_ALL=C tr -c '[:print:]' ' ' | cut -c 1-300
}

# came: what is no JSON may hold a secret anywhere, and has no names to find it by.
came() {
  case $body in
    ''|[[:space:]]*|'{'*|'['*) say "     came: $status $(shown "$body")" ;;
    *) say "     came: $status and a text of ${#body} characters" ;;
  esac
}
needs() { [ -n "$1" ] || could_not_tell "call $number needs a value that no answer gave"; }

# send FILES METHOD URL [curl argument]...: one call; never sent again, never redirected.
send() {
  local files=$1 method=$2 url=$3 how; shift 3
  how=(--request "$method")
  case "$method $*" in *--ignore-content-length*) ;; 'HEAD '*) how=(--head) ;; esac
  : > "$files.headers"; : > "$files.body"
  curl --disable --silent --show-error --max-time 30 --globoff --path-as-is --http1.1 "${how[@]}" \
    --header 'Expect:' --output "$files.body" --dump-header "$files.headers" --write-out '%{http_code}' \
    "$@" "$url" > "$files.status" 2> "$files.error"
  printf '%s' "$?" > "$files.code"
}

# look FILES: sets status (a number, or how the call ended without one) and body.
look() {
  now=$1
  status=$(cat "$now.status")
  case $(cat "$now.code") in
    0) ;;
    28) status=timeout ;;
    1|8) status=garbled ;;
    18|52|55|56|92) status=cut ;;
    *) status=unreachable ;;
  esac
  body=$(head -c 200000 "$now.body" | tr -d '\000' | tr '\n\r\t' '   ')
}

succeeded() { case $status in 2[0-9][0-9]) return 0 ;; *) return 1 ;; esac; }

# member NAME [TEXT]: sets value to the first member of that name as it is written, quotes and all.
member() {
  local pattern="\"$1\"[[:space:]]*:[[:space:]]*(\"([^\"\\\\]|\\\\.)*\"|-?[0-9][0-9.eE+-]*|true|false|null|\\[[[:space:]]*\\]|\\{[[:space:]]*\\}|[[{])"
  value=
  [[ ${2-$body} =~ $pattern ]] && value=${BASH_REMATCH[1]}
}

# text NAME: the same without the quotes.
text() { member "$@"; value=${value#\"}; value=${value%\"}; value=${value//\\\//\/}; }

# rejected: whether the answer at hand is an order that will never be fulfilled.
rejected() {
  text "$order_status"
  value=$(printf '%s' "$value" | tr 'A-Z' 'a-z')
  case "|$REJECTED|" in *"|${value:-none}|"*) return 0 ;; *) return 1 ;; esac
}

# located: sets value to the last part of the Location, where an order's number stands.
located() { headers location; value=${value%/}; value=${value##*[/=]}; [ "$value" != absent ] || value=; }

# followed: sets value to the address that the Location of the answer at hand names, on this target.
followed() {
  headers location
  case $value in
    absent) differs 'Location is absent' ;;
    "$ORIGIN"/*) ;;
    *://*) could_not_tell "the Location of call $number leads to another origin" ;;
    /*) value=$ORIGIN$value ;;
    *) value=$BASE_URL/$value ;;
  esac
}

# headers NAME: sets value to what that header said, several answers of it joined by " | ", or absent.
headers() {
  local line found= any= field
  shopt -s nocasematch
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%$'\r'}
    [[ $line == HTTP/* ]] && { found=; any=; continue; }
    [[ $line == "$1":* ]] || continue
    field=${line#*:}
    field=${field#"${field%%[![:space:]]*}"}
    field=${field%"${field##*[![:space:]]}"}
    found=${any:+$found | }$field
    any=yes
  done < "$now.headers"
  shopt -u nocasematch
  value=absent
  [ -n "$any" ] && value=$found
}

# kind TEXT: sets value to what kind of value it is.
kind() {
  local dated='^([0-9]{4}-[0-9]{2}-[0-9]{2}|(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )'
  case $1 in
    '') value=empty ;;
    *[!0-9-]*|?*-*) value=other; [[ $1 =~ $dated ]] && value=date ;;
    -*) value=negative ;;
    *) value=integer ;;
  esac
}

# row: the part of an inventory that speaks of the product, or all of it.
row() {
  local pattern="\\{[^{}]*\"$PRODUCT\"[^{}]*\\}"
  row=$body
  [[ $body =~ $pattern ]] && row=${BASH_REMATCH[0]}
}

# number_of NAME: sets value to one number of the inventory at hand, or absent.
number_of() {
  row
  value=
  [ -n "$1" ] && member "$1" "$row"
  case $value in ''|*[!0-9-]*) value=absent ;; esac
}

# encode TEXT: sets value to it, percent-encoded as one path segment.
encode() {
  local LC_ALL=C out= i c
  for ((i = 0; i < ${#1}; i++)); do
    c=${1:i:1}
    case $c in
      [A-Za-z0-9._~-]) out+=$c ;;
      *) out+=$(printf '%%%02X' "$(( $(printf '%d' "'$c") & 255 ))") ;;
    esac
  done
  value=$out
}

# token ACCOUNT: fetches a token; neither it nor the secret is ever in a command line.
token() {
  local suffix= name
  [ "$1" = 1 ] || suffix=_$1
  for name in KANDY_CLIENT_ID$suffix KANDY_CLIENT_SECRET$suffix; do
    [ -n "${!name:-}" ] || could_not_tell "$name is not set"
    printf -v value '%s' "${!name}"
    case $name in
      *ID*) printf -v "id_$1" '%s' "$value"; printf '%s' "$value" > "$work/id.$1"; encode "$value"
        printf -v "id_$1_encoded" '%s' "$value" ;;
      *) printf -v "secret_$1" '%s' "$value"; printf '%s' "$value" > "$work/secret.$1"; encode "$value"
        printf -v "secret_$1_encoded" '%s' "$value" ;;
    esac
  done
  send "$work/token" POST "$TOKEN_URL" --header 'Content-Type: application/x-www-form-urlencoded' \
    --data-urlencode "client_id@$work/id.$1" --data-urlencode "client_secret@$work/secret.$1"
  look "$work/token"
  text access_token
  [ -n "$value" ] || could_not_tell "the token endpoint gave no token ($status)"
  printf -v "token_$1" '%s' "$value"
  encode "$value"; printf -v "token_$1_encoded" '%s' "$value"
  text access_token
  printf 'Authorization: Bearer %s\n' "$value" > "$work/live.$1"
  text expires_in
  life=${value:-3600}
}

# expired ACCOUNT: waits until a token has died, where it dies soon.
expired() {
  local name=token_$1
  token "$1"
  case $life in ''|*[!0-9]*) life=3600 ;; esac
  [ "$life" -le 90 ] || could_not_tell "a token lives $life s here, which is too long to wait for its end"
  printf -v "expired_$1" '%s' "${!name}"
  echo "Waiting $((life + 1)) s until a token has expired."
  sleep $((life + 1))
  token "$1"
}

other_case() { printf '%s' "$1" | tr 'a-zA-Z' 'A-Za-z'; }
other_end() { case $1 in *A) printf '%sB' "${1%?}" ;; *) printf '%sA' "${1%?}" ;; esac; }

# unsigned CLIENT: a token that says whose it is, with no signature.
unsigned() {
  local part
  for part in '{"alg":"none","typ":"JWT"}' "{\"sub\":\"$1\",\"client_id\":\"$1\",\"exp\":4102444800}"; do
    printf '%s' "$part" | base64 | tr -d '\n=' | tr '+/' '-_'
    printf '.'
  done
}

# odd_token TOKEN, odd_secret SECRET: wrong in another way in each play, where the record does not tell in which.
odd_token() {
  case $(((round - 1) % 5)) in
    0) printf '%s' "unknown-$fresh" ;;
    1) printf '%sx' "$1" ;;
    2) other_end "$1" ;;
    3) printf '%s' "${1%?}" ;;
    4) other_case "$1" ;;
  esac
}
odd_secret() {
  case $(((round - 1) % 4)) in
    0) printf '%s' "wrong-$fresh" ;;
    1) printf '%sx' "$1" ;;
    2) other_case "$1" ;;
    3) printf '%s' "${1%?}" ;;
  esac
}

# --- what is compared ---------------------------------------------------------------------------------------------

differs() { [ -n "$difference" ] || difference="call $number: $*"; }

compare() { # TRAIT GOT RECORDED
  [ "$2" = "$3" ] && return
  [ -z "$on_state" ] || could_not_tell "$(shown "$1") is $(shown "$2") here, and what made it $(shown "$3") was not recorded"
  say "     not as recorded: $(shown "$1") is $(shown "$2"), was $(shown "$3")"
  differs "$(shown "$1") is $(shown "$2"), where $(shown "$3") was recorded"
}

# rests: like check, for a trait that the recorded calls alone do not bring about.
rests() { on_state=yes; check "$@"; on_state=; }

check() { # TRAIT NAME RECORDED
  local joined each rest
  case $1 in
    status)
      if [ "$status" != "$3" ]; then
        case $status in
          429) [ -n "$used_up" ] || could_not_tell "call $number ended with $status" ;;
          5??|timeout|unreachable|cut|garbled) could_not_tell "call $number ended with $status" ;;
        esac
      fi
      compare status "$status" "$3" ;;
    number) number_of "${!2}"; compare "$2" "$value" "$3" ;;
    sign) number_of "${!2}"; case $value in -*) ;; *) compare "the sign of $2" positive "$3" ;; esac ;;
    moved)
      each=began_${2}_$account
      number_of "${!2}"
      [ "$value" = absent ] || [ -z "${!each:-}" ] || [ "${!each}" = absent ] || value=$(printf '%+d' $((value - ${!each})))
      compare "$2 since the first read" "$value" "$3" ;;
    sum)
      number_of "$total"; joined=$value
      number_of "$used"; joined="$joined - $value"
      number_of "$available"
      case "$joined $value" in *absent*) rest=absent ;; *) rest=wrong; [ $((joined)) = "$value" ] && rest=right ;; esac
      compare "available against total - used" "$rest" "$3" ;;
    reaches)
      number_of "${!2}"
      case $value in absent|-*) ;; *) [ "$value" -lt "$3" ] || value=$3 ;; esac
      compare "$2" "$value" "$3" ;;
    listed)
      list_length
      value=$((value - began_listed - $(printf '%s' "$orders" | grep -c .)))
      if [ "$value" -gt 0 ]; then value=more; else value='no more'; fi
      compare "orders in the list than were accepted" "$value" "$3" ;;
    header) headers "$2"; compare "$2" "$value" "$3" ;;
    present) headers "$2"; [ "$value" = absent ] && value=no || value=yes; compare "$2 present" "$value" "$3" ;;
    kind)
      headers "$2"
      rest=$value
      joined=
      if [ "$rest" = absent ]; then joined=absent; else
        while :; do
          kind "${rest%% | *}"
          joined=${joined:+$joined | }$value
          case $rest in *' | '*) rest=${rest#* | } ;; *) break ;; esac
        done
      fi
      compare "the kind of $2" "$joined" "$3" ;;
    length)
      headers content-length
      if [ "$value" != absent ]; then
        [ "$value" = "$(wc -c < "$now.body" | tr -d ' ')" ] && value=right || value=wrong
      fi
      compare content-length "$value" "$3" ;;
    body)
      rest=${body#"${body%%[! ]*}"}
      rest=${rest%"${rest##*[! ]}"}
      case $rest in
        '') value=empty ;;
        '{'*'}') value=object ;;
        '{'*) value='object without end' ;;
        '['*']') value=array ;;
        '['*) value='array without end' ;;
        '<'*) value=markup ;;
        *) value=text ;;
      esac
      [[ $rest =~ ,[[:space:]]*[]}] ]] && value="$value with a comma too many"
      compare body "$value" "$3" ;;
    leads)
      text "$order_number"
      joined=$value
      headers location
      case $value in *[[:space:]\<\>]*) value=no ;; *"$joined"*) value=yes ;; *) value=no ;; esac
      compare "whether Location leads to the order" "$value" "$3" ;;
    content)
      if [ -s "$now.body" ]; then value=yes; else value=no; fi
      compare "content behind the head" "$value" "$3" ;;
    trace)
      value=no
      [[ $body =~ $TRACE ]] && value=yes
      compare "a stack trace" "$value" "$3" ;;
    keys)
      value=$(printf '%s' "$body" | grep -oE '"[A-Za-z0-9_-]+"[[:space:]]*:[[:space:]]*(["[{ntf]|-?[0-9])' |
        sed -E 's/[[:space:]]//g; s/^"//; s/":/:/; s/:"$/:text/; s/:\[$/:list/; s/:\{$/:object/; s/:n$/:null/; s/:[tf]$/:boolean/; s/:-?[0-9]$/:number/' |
        LC_ALL=C sort -u | tr '\n' ' ')
      compare members "${value% }" "$3" ;;
    member)
      member "$2"
      case $value in
        '') value=absent ;;
        '"'*)
          case $3 in
            'text "'*) value="text $value" ;;
            *) value=${value#\"}; kind "${value%\"}"; value="text $value" ;;
          esac ;;
        '['*']') value='empty list' ;;
        '{'*'}') value='empty object' ;;
        '[') value=list ;;
        '{') value=object ;;
        null) ;;
        true|false) value=boolean ;;
        -*) value=negative ;;
        *) value=number ;;
      esac
      compare "$2" "$value" "$3" ;;
    after)
      # How many orders a list shows behind the first one of this play.
      value=absent
      if [ -n "${!2:-}" ] && [[ $body == *"\"${!2}\""* ]]; then
        rest=${body#*"\"${!2}\""}
        value=$(printf '%s' "$rest" | grep -oE "\"$order_number\"[[:space:]]*:" | wc -l | tr -d ' ')
      fi
      compare "orders listed after $2" "$value" "$3" ;;
    rejected)
      if rejected; then value=yes; else value=no; fi
      compare "whether the order is rejected" "$value" "$3" ;;
    order)
      # NAME is the variable with the order's number and the member that is asked for.
      each=${2% *}
      value=
      rest="\\{[^{}]*\"$(literal "${!each}")\"[^{}]*\\}"
      [[ $body =~ $rest ]] && member "${2#* }" "${BASH_REMATCH[0]}"
      compare "${2#* } of ${2% *}" "${value:-absent}" "$3" ;;
    quota)
      headers quota-limit; joined=$value
      headers quota-used
      case ${joined}x$value in *[!0-9x]*) joined=unclear ;; esac
      case "$joined $2" in
        unclear*) value=unclear ;;
        *limit) [ "$value" -le "$joined" ] && value=within || value=beyond ;;
        *)
          # Which call it is that does not count may depend on how many went before, so any call of this play will do.
          case " $quota_path " in *" $3 "*) value=$3 ;; *) value=${quota_path:-risen} ;; esac ;;
      esac
      compare "quota-used against the $2" "$value" "$3" ;;
    stray) compare "whether the numbers moved while they were only read" "$strayed" "$3" ;;
    mentions)
      value=no
      [ -n "${!2:-}" ] && [[ $body$(tr '\r\n' '  ' < "$now.headers") == *"${!2}"* ]] && value=yes
      compare "mentions $2" "$value" "$3" ;;
  esac
}

# literal TEXT: as a pattern that matches only it.
literal() { printf '%s' "$1" | sed 's/[][\.*^$(){}?+|/]/\\&/g'; }

# quota_seen: keeps how much of the quota was used, for the next call.
quota_seen() {
  local quota
  headers quota-used
  quota=$value
  case $quota in *[!0-9]*|'') return ;; esac
  if [ -n "$last_quota" ]; then
    [ "$quota" -ge "$last_quota" ] || quota_path="$quota_path fallen"
    [ "$quota" -ne "$last_quota" ] || quota_path="$quota_path same"
  fi
  last_quota=$quota
}

# statuses RECORDED...: of calls that ran at the same time, whichever of them came first.
statuses() {
  local got= each
  for each in $group; do
    look "$work/$each"
    case $status in unreachable) could_not_tell "a call found no connection" ;; esac
    got="$got $status"
  done
  got=$(printf '%s\n' $got | LC_ALL=C sort | tr '\n' ' ')
  compare "statuses of the calls at the same time" "${got% }" "$1"
}

# began: keeps the numbers of an account's first read.
began() {
  local name
  for name in total used available; do
    number_of "${!name}"
    printf -v "began_${name}_$account" '%s' "$value"
  done
  [ "$account" != 1 ] || began_net=$net began_alive=$(living)
}

# stray: keeps whether a read shows other numbers than the first one did; which of the reads it is may depend on how
# many went before.
stray() {
  local name each
  for name in total used available; do
    each=began_${name}_$account
    number_of "${!name}"
    [ -z "${!each:-}" ] || [ "$value" = "${!each}" ] || strayed=yes
  done
}

# list_length: sets value to how many orders the list at hand shows.
list_length() { value=$(printf '%s' "$body" | grep -oE "\"$order_number\"[[:space:]]*:" | wc -l | tr -d ' '); }

# began_listed: keeps how many orders there are before the calls.
began_listed() {
  list_orders
  list_length
  began_listed=$((value - $(printf '%s' "$orders" | grep -c .)))
}

living() { printf '%s' "$alive" | grep -c . ; }

# adds_up: after calls at the same time, whether the numbers can be explained by what the answers said was done.
adds_up() {
  local name got=() wanted=()
  read_inventory
  for name in total used available; do number_of "${!name}"; got+=("$value"); done
  say "     now: total ${got[0]}, used ${got[1]}, available ${got[2]}"
  told=
  wanted=("$((${began_total_1:-0} + net - began_net))" "$((${began_used_1:-0} + $(living) - began_alive))")
  case ${got[*]} in *absent*) could_not_tell "the inventory cannot be read" ;; esac
  [ "${got[0]}" = "${wanted[0]}" ] || told="total is ${got[0]}, and the orders make it ${wanted[0]}"
  [ "${got[1]}" = "${wanted[1]}" ] || told="used is ${got[1]}, and the subscribers make it ${wanted[1]}"
  [ "$((got[0] - got[1]))" = "${got[2]}" ] || told="available is ${got[2]} with total ${got[0]} and used ${got[1]}"
  [ "${got[2]}" -ge 0 ] || told="available is ${got[2]}"
  [ "$(printf '%s' "$alive" | LC_ALL=C sort | uniq -d | wc -l)" -eq 0 ] || told="two subscribers have the same identity"
  [ "$(printf '%s' "$orders" | LC_ALL=C sort | uniq -d | wc -l)" -eq 0 ] || told="two orders have the same number"
  [ -n "$told" ] || differs "the numbers add up"
}

# --- what has to be ready before, and is put back after ---------------------------------------------------------------

note_subscriber() { # an answer that may have created one
  succeeded || return 0
  text "$identity"
  [ -n "$value" ] || value=${1:-}
  [ -z "$value" ] || note_maybe "$value"
}

note_maybe() { # IDENTITY of our own, that may have been created
  if [ "$account" = 1 ]; then alive=$alive$1$'\n'; else others=$others"$account subscriber $1"$'\n'; fi
}

note_deleted() { # IDENTITY
  local each kept=
  succeeded || return 0
  if [ "$account" != 1 ]; then others=${others/"$account subscriber $1"$'\n'/}; return 0; fi
  while IFS= read -r each; do
    [ -n "$each" ] && [ "$each" != "$1" ] && kept=$kept$each$'\n'
  done <<< "$alive"
  alive=$kept
}

note_order() { # PRODUCTS, with sign
  succeeded || return 0
  if [ "$account" = 1 ]; then
    text "$order_number"
    [ -z "$value" ] || orders=$orders$value$'\n'
  fi
  rejected && return 0
  if [ "$account" = 1 ]; then net=$((net + $1)); else others=$others"$account order $1"$'\n'; fi
}

# began_unsure: some of the calls may act although they are refused, or have no known effect: only the total tells.
began_unsure() { # ACCOUNT
  acting=$1
  read_inventory
  acting=1
  number_of "$total"
  if [ "$1" = 1 ]; then unsure=$value; else unsure_others=$unsure_others"$1 $value"$'\n'; fi
}

clean_up() {
  local each
  if [ -n "${unsure:-}" ] && [ "$unsure" != absent ]; then
    read_inventory
    number_of "$total"
    [ "$value" = absent ] || net=$((value - unsure))
  fi
  unsure=
  while IFS= read -r each; do
    [ -n "$each" ] || continue
    delete_subscriber "$each"
  done <<< "$alive"
  alive=
  if [ "$net" != 0 ]; then place_order $((-net)); fi
  net=0
  for acting in $(printf '%s' "$others" | cut -d ' ' -f 1 | sort -u); do clean_up_other; done
  others=
  while read -r acting each; do
    [ -n "$acting" ] && [ "$each" != absent ] || continue
    read_inventory
    number_of "$total"
    [ "$value" = absent ] || [ "$value" = "$each" ] || place_order $((each - value))
  done <<< "$unsure_others"
  acting=1 unsure_others=
}

# stagger: what comes every so many calls may never meet plays that all make the same number of them.
stagger() {
  [ $((round % 2)) -eq 0 ] && return 0
  number=0
  stock 1
  create_subscriber
  note_subscriber
  clean_up
}

# may_age PRODUCTS HISTORY: one play begins with what had been done to the account, unless it costs too much.
may_age() {
  history=$2
  if [ "${KANDY_PREPARE:-yes}" != yes ]; then not_aged="KANDY_PREPARE=$KANDY_PREPARE keeps them from being made"
  elif ! local_target && [ "$1" -gt 25 ]; then not_aged="they would order $1 products first"; fi
}

# aged_play: a play that begins with it, by itself, since it may come to a state that nothing can be told from.
aged_play() {
  if [ -n "$not_aged" ]; then play; clean_up; return; fi
  rm -f "$work/difference"
  (
    aging=yes aging_until=$((SECONDS + 60))
    trap 'trap "" INT TERM; could_not_tell interrupted' INT TERM
    play
    clean_up
    printf '%s' "$difference" > "$work/difference"
  )
  case $? in 130|143) could_not_tell interrupted ;; esac
  if [ -f "$work/difference" ]; then difference=$(cat "$work/difference")
  else difference=${last_difference:-it was not played} not_aged="that could not be played here"; fi
}

# age_first WORDS, age WORDS: does again what had been done to the account, before the calls and between them.
age_first() {
  [ -n "$aging" ] || return 0
  began_unsure "$account"
  echo "  First: what had been done to the account until then ($history); put back afterwards."
  age "$1"
}
age() {
  [ -n "$aging" ] || return 0
  local one each name
  acting=$account
  for one in $1; do
    [ "$SECONDS" -le "$aging_until" ] || could_not_tell "it takes too long"
    each=$one
    name=aged_${each#?}
    case $each in
      @*) domain=${each#@} ;;
      [+-]*) place_order "${each#+}"; note_order "${each#+}"; settle "${each#+}" ;;
      s*) create_subscriber; note_subscriber; text "$identity"; printf -v "$name" '%s' "$value" ;;
      c*)
        [ -n "${!name:-}" ] || printf -v "$name" '%s' "kk-$fresh-${each#?}@$domain"
        create_named "${!name}"; note_subscriber "${!name}" ;;
      x0) delete_subscriber "kk-$fresh-0@$domain" ;;
      x*) if [ -n "${!name:-}" ]; then delete_subscriber "${!name}"; note_deleted "${!name}"; fi ;;
      i) read_inventory ;;
      l) list_orders ;;
      *:*) own "${each%%:*}" "$BASE_URL${each#*:}" ;;
    esac
  done
  acting=1
}

# settle PRODUCTS: waits until the order at hand is no longer open.
settle() {
  local mine row waited
  succeeded || return 0
  text "$order_number"; mine=$value
  text "$order_status"
  for waited in 0.1 0.2 0.5 1 2 4; do
    value=$(printf '%s' "$value" | tr 'A-Z' 'a-z')
    case "|$OPEN|" in *"|${value:-none}|"*) ;; *) return 0 ;; esac
    sleep "$waited"
    list_orders
    row="\\{[^{}]*\"$(literal "$mine")\"[^{}]*\\}"
    [[ $body =~ $row ]] || return 0
    body=${BASH_REMATCH[0]}
    text "$order_status"
    if rejected; then net=$((net - $1)); return 0; fi
    text "$order_status"
  done
}

# use_up: makes calls until none is left of the quota, where it is small enough; then what is turned away is no trouble.
use_up() {
  local limit left
  acting=$account
  read_inventory
  acting=1
  headers quota-limit; limit=$value
  headers quota-used
  case x$limit$value in x|*[!x0-9]*) return 0 ;; esac
  left=$((limit - value))
  if [ "$left" -gt 2000 ]; then
    not_used_up="the call quota is $limit here and was not used up"
    return 0
  fi
  say "  First: $((left > 0 ? left : 0)) reads, to use up the call quota."
  used_up=yes
  [ "$left" -gt 0 ] || return 0
  : > "$work/many"
  while [ "$left" -gt 0 ]; do
    printf 'url = "%s"\noutput = "%s"\n' "$own_url" "$work/many.body" >> "$work/many"
    left=$((left - 1))
  done
  curl --disable --silent --max-time 60 --globoff --http1.1 --header "@$work/live.$account" --config "$work/many" \
    > "$work/many.out" 2>&1
}

# aged_or_not: it did not show; but where it may rest on what the account had gone through, was that done?
aged_or_not() { [ -z "$not_aged" ] || could_not_tell "it may show only after $history, and $not_aged"; }

clean_up_other() { # on the account that acts; subscribers first, since each uses a product
  local one what each more=0
  while read -r one what each; do
    case $one-$what in
      "$acting-subscriber") delete_subscriber "$each" ;;
      "$acting-order") more=$((more + each)) ;;
    esac
  done <<< "$others"
  if [ "$more" != 0 ]; then place_order $((-more)); fi
}

# in_use SUBSCRIBERS: sees to it that at least so many are live, as far as the target lets it.
in_use() {
  local missing
  read_inventory
  number_of "$used"
  [ "$value" = absent ] && return 0
  missing=$(($1 - value))
  [ "$missing" -gt 0 ] || return 0
  stock "$missing"
  echo "  Preparing: creating $missing subscribers, to begin where it was recorded; deleted afterwards."
  while [ "$missing" -gt 0 ]; do
    create_subscriber
    succeeded || return 0
    note_subscriber
    read_inventory
    number_of "$used"
    [ "$value" != absent ] && [ "$value" -lt "$1" ] || return 0
    missing=$((missing - 1))
  done
}

# stock LEAST: sees to it that at least so many products are available.
stock() {
  read_inventory
  number_of "$available"
  [ "$value" = absent ] && return 0
  [ "$value" -ge "$1" ] || prepare $(($1 - value))
}

# stock_exactly AVAILABLE TOTAL: the boundary that the failure was recorded at.
stock_exactly() {
  read_inventory
  number_of "$available"
  [ "$value" != absent ] || value=0   # it was shown once, so an account without it shows that it has none
  [ "$value" = "$1" ] || prepare $(($1 - value))
  if [ -n "${2:-}" ]; then
    number_of "$total"
    [ "$value" = "$2" ] || could_not_tell "the account owns $value products, and it was recorded with $2"
  fi
}

prepare() { # PRODUCTS, with sign
  [ "${KANDY_PREPARE:-yes}" = yes ] || could_not_tell "$1 products would have to be ordered first (KANDY_PREPARE=$KANDY_PREPARE)"
  local_target || [ "${1#-}" -le 25 ] || could_not_tell "$1 products would have to be ordered first, which is too many"
  echo "  Preparing: ordering $1, to begin where it was recorded; put back afterwards."
  local wanted=$((value + $1)) waited
  place_order "$1"
  succeeded || could_not_tell "preparing failed with $status"
  net=$((net + $1))
  for waited in 0 1 2 4 8 15; do
    sleep "$waited"
    read_inventory
    number_of "$available"
    [ "$value" = "$wanted" ] && return 0
  done
  could_not_tell "an order of $1 products was accepted, and $value are available after 30 s where $wanted should be"
}
