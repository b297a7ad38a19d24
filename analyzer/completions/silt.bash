# bash completion for silt. Commands and options come from silt's own help, so they are those of the silt that is installed.
# shellcheck shell=bash

# The commands; the options of one.
_silt_commands() {
	"$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  *[^ ].*/\1/p'
}
_silt_options() {
	"$1" "$2" --help 2>/dev/null | grep -E '^ +-' | grep -oE -- '^ +(-[a-z], )?--[a-z-]+' | grep -oE -- '-[-a-z]+$'
	echo --help
}

# Processes that `silt run` has started: their helpers work in directories NAME.PID or NAME.PID.N.
_silt_processes() {
	local helper number
	for helper in $(ps -C silt-helper -o pid= 2>/dev/null); do
		for number in $(readlink "/proc/$helper/cwd" | grep -oE '(\.[0-9]+){1,2}$' | tr . ' '); do
			[ -d "/proc/$number" ] && echo "$number"
		done
	done
}

_silt_values() { # SILT COMMAND OPTION: what may follow it; 1: a file
	case $3 in
	--by) echo 'line function file module traceback' ;;
	--sort)
		echo 'size count total calls peak'
		[ "$2" = top ] && echo 'percall cumulative short temporary name file'
		;;
	--color | --colour) echo 'auto always never' ;;
	--format)
		if [ "$2" = export ]; then
			echo 'pprof folded speedscope callgrind csv massif dhat openmetrics otlp'
			return 0
		fi
		echo 'text json'
		[ "$2" = check ] || [ "$2" = soak ] && echo 'junit sarif github gitlab tap'
		[ "$2" = holders ] && echo 'dot'
		;;
	--graph) [ "$2" != snap ] && echo 'never last all auto' ;;
	--to) echo 'pyroscope parca otlp' ;;
	--value) echo 'size count total calls temporary' ;;
	--signal) echo 'USR1 USR2 HUP' ;;
	--fail-on) "$1" explain 2>/dev/null | cut -d ' ' -f 1 ;;
	*) return 1 ;;
	esac
	return 0
}

_silt() {
	local silt=${COMP_WORDS[0]} command=${COMP_WORDS[1]} current=${COMP_WORDS[COMP_CWORD]} i words
	local previous=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ] || { [ "$COMP_CWORD" -eq 2 ] && [ "$command" = help ]; }; then
		mapfile -t COMPREPLY < <(compgen -W "$(_silt_commands "$silt") help --help --version" -- "$current")
		return
	fi
	# --option=value comes as three words.
	[ "$current" = = ] && current='' previous=${COMP_WORDS[COMP_CWORD - 1]}
	[ "$previous" = = ] && previous=${COMP_WORDS[COMP_CWORD - 2]}
	case $command in
	run | overhead | soak) # the program, and what it takes
		for ((i = 2; i < COMP_CWORD; i++)); do
			case ${COMP_WORDS[i]} in
			--) break ;;
			--force) ;;
			-o | -i | -g | -n | --*) [ "${COMP_WORDS[i + 1]}" = = ] && i=$((i + 1)); i=$((i + 1)) ;;
			*) break ;;
			esac
		done
		if [ "$i" -lt "$COMP_CWORD" ] && [ "${COMP_WORDS[i]}" != -- ]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
			return
		fi
		if [ "$previous" = -- ] || { [ "$i" -eq "$COMP_CWORD" ] && [[ $current != -* ]]; }; then
			mapfile -t COMPREPLY < <({
				compgen -c -- "$current"
				compgen -f -- "$current"
			} | sort -u)
			return
		fi
		;;
	esac
	if [[ $previous == --* ]] && words=$(_silt_values "$silt" "$command" "$previous"); then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_silt_options "$silt" "$command")" -- "$current")
	elif [ "$command" = explain ]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$silt" explain 2>/dev/null | cut -d ' ' -f 1)" -- "$current")
	elif [ "$command" = attach ] || [ "$command" = look ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(ps -e -o pid=)" -- "$current")
	elif [ "$command" = snap ] || [ "$command" = detach ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_silt_processes)" -- "$current")
	else
		mapfile -t COMPREPLY < <(
			[ "$command" = watch ] && compgen -W "$(_silt_processes)" -- "$current"
			compgen -f -- "$current"
		)
		compopt -o filenames 2>/dev/null
	fi
} && complete -F _silt silt
