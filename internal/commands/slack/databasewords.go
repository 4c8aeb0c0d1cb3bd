package slack

import "slipway/internal/deploy"

// databaseLabels are the names for people of the steps about the database.
var databaseLabels = map[deploy.StepKind]string{
	deploy.KindBackup: "Backup of the database", deploy.KindSnapshot: "Configuration kept", deploy.KindMeasure: "Database within its limits",
	deploy.KindMigrate: "Migration", deploy.KindRunJob: "Migration by a job", deploy.KindExamine: "Database examined",
	deploy.KindSettle: "Schema", deploy.KindRestorable: "What is to be restored", deploy.KindClone: "New instance",
	deploy.KindRestore: "Restored in place", deploy.KindRestored: "Restored database",
}

// databaseDoing says what such a step does while it does it.
func databaseDoing(r *deploy.Release, s deploy.Step) string {
	switch s.Kind {
	case deploy.KindBackup:
		return "backing the database up"
	case deploy.KindSnapshot:
		return "keeping the configuration"
	case deploy.KindMeasure:
		return "measuring the database"
	case deploy.KindMigrate:
		return applying(r)
	case deploy.KindRunJob:
		return "running " + migrationJob(r)
	case deploy.KindExamine:
		return "examining the database"
	case deploy.KindSettle:
		return "looking what became of the schema"
	case deploy.KindRestorable:
		return "looking at what is to be restored"
	case deploy.KindClone:
		return "making the new instance"
	case deploy.KindRestore:
		return "restoring in place"
	case deploy.KindRestored:
		return "making sure that the database answers"
	default:
		return ""
	}
}

// databaseWill says what such a step does before it has begun.
func databaseWill(r *deploy.Release, s deploy.Step) string {
	switch s.Kind {
	case deploy.KindBackup:
		return "backs the database up"
	case deploy.KindSnapshot:
		return "keeps the configuration"
	case deploy.KindMeasure:
		return "measures the database"
	case deploy.KindMigrate:
		return "migrates the database"
	case deploy.KindRunJob:
		return "runs " + migrationJob(r)
	case deploy.KindExamine:
		return "examines the database"
	case deploy.KindSettle:
		return "looks what became of the schema"
	case deploy.KindRestorable:
		return "looks at what is to be restored"
	case deploy.KindClone:
		return "makes the new instance " + newInstance(r)
	case deploy.KindRestore:
		return "puts " + backupName(r) + " in place of what is there"
	case deploy.KindRestored:
		return "makes sure that the restored database answers"
	default:
		return ""
	}
}

func migrationJob(r *deploy.Release) string {
	if d := r.Spec.Database; d != nil && d.Migrations != nil && d.Migrations.Job != "" {
		return "the migration job " + esc(cut(d.Migrations.Job, mostName))
	}
	return "the migration job"
}

// ofDatabase says whether a step is about the database: what it has to say stands line by line.
func ofDatabase(s deploy.Step) bool { return databaseLabels[s.Kind] != "" }
