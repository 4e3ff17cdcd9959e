package tips

import "github.com/qingfeng-suite/qingfeng/services/network/store/db"

// ToldAmong is what is told of some roles among officers who hold those.
func ToldAmong(held []db.RolesHeldRow, least int64, roles []string) []string {
	return newHolders(held, least).told(roles, least)
}
